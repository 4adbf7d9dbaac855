import Document
import Schema

/// Where the members that answers cut out or replace stand in an object's encoding.
struct BodyLayout {
    /// From the quote of the name to the end of the value; nil when absent.
    var apiVersion: Range<Int>?
    var kind: Range<Int>?
    /// The value alone.
    var metadata: Range<Int>?

    /// Reads as far as needed: `apiVersion` stands first, `kind` before `metadata`.
    init(_ body: [UInt8], upToMetadata: Bool) {
        var (apiVersion, kind, metadata): (Range<Int>?, Range<Int>?, Range<Int>?)
        body.withUnsafeBufferPointer { bytes in
            var scanner = BodyScanner(bytes)
            scanner.members { name, scanner in
                let start = name.lowerBound - 1
                if scanner.equals(name, "apiVersion") {
                    scanner.skip()
                    apiVersion = start..<scanner.at
                } else if scanner.equals(name, "kind") {
                    scanner.skip()
                    kind = start..<scanner.at
                    if !upToMetadata { return .stop }
                } else if scanner.equals(name, "metadata") {
                    let value = scanner.at
                    if upToMetadata {
                        scanner.skip()
                        metadata = value..<scanner.at
                    }
                    return .stop
                }
                return .next
            }
        }
        (self.apiVersion, self.kind, self.metadata) = (apiVersion, kind, metadata)
    }

    /// The encoding without `apiVersion` and `kind`, as upstream writes the items of built-in lists: at most two pieces of the
    /// body behind one `{`.
    static func writeWithoutType(_ body: [UInt8], into out: inout [UInt8]) {
        let layout = BodyLayout(body, upToMetadata: false)
        var place = 1
        out.append(UInt8(ascii: "{"))
        let opened = out.count
        for cut in [layout.apiVersion, layout.kind] {
            guard let cut else { continue }
            append(body[place..<cut.lowerBound], to: &out, opened)
            place = cut.upperBound
            if place < body.count, body[place] == UInt8(ascii: ",") { place += 1 }
        }
        append(body[place..<body.count], to: &out, opened)
        if out.last != UInt8(ascii: "}") || out.count == opened { out.append(UInt8(ascii: "}")) }
    }
    private static func append(_ piece: ArraySlice<UInt8>, to out: inout [UInt8], _ opened: Int) {
        if piece.first == UInt8(ascii: "}"), out.count > opened, out.last == UInt8(ascii: ",") { out.removeLast() }
        out.append(contentsOf: piece)
    }

    /// The annotation of a kind that stands for a field of upstream's internal object. Its projections to metadata are made
    /// from that object and lack it.
    static func fieldAnnotation(of type: ResourceType) -> String? {
        type.store == GroupResource(group: "apps", resource: "daemonsets")
            ? "deprecated.daemonset.template.generation" : nil
    }

    /// `{"apiVersion":"meta.k8s.io/v1","kind":"PartialObjectMetadata","metadata":…}`, without the annotation `hidden`.
    static func writePartial(_ body: [UInt8], apiVersion: String, hidden: String?, into out: inout [UInt8]) {
        let layout = BodyLayout(body, upToMetadata: true)
        out.append("{\"apiVersion\":\"" as StaticString)
        out.append(contentsOf: apiVersion.utf8)
        out.append("\",\"kind\":\"PartialObjectMetadata\",\"metadata\":" as StaticString)
        if let metadata = layout.metadata, let hidden {
            var document = (try? JSON(parsing: Array(body[metadata]))) ?? .null
            document["annotations", hidden] = Optional.none
            if document["annotations"]?.entries.isEmpty ?? false { document["annotations"] = Optional.none }
            document.encode(into: &out)
        } else if let metadata = layout.metadata {
            out.append(contentsOf: body[metadata])
        } else {
            out.append("{}" as StaticString)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// The encoding with another `metadata.resourceVersion`.
    static func replacingResourceVersion(_ body: [UInt8], _ revision: UInt64) -> [UInt8] {
        var found: Range<Int>?
        body.withUnsafeBufferPointer { bytes in
            var scanner = BodyScanner(bytes)
            scanner.members { name, scanner in
                guard scanner.equals(name, "metadata") else { return .next }
                scanner.members { name, scanner in
                    guard scanner.equals(name, "resourceVersion") else { return .next }
                    found = scanner.quoted()
                    return .stop
                }
                return .stop
            }
        }
        guard let found else { return body }
        var out: [UInt8] = []
        out.reserveCapacity(body.count + 4)
        out.append(contentsOf: body[..<found.lowerBound])
        out.appendDecimal(Int64(revision))
        out.append(contentsOf: body[found.upperBound...])
        return out
    }

    /// The text of the string, number or bool at a path of member names; nil when there is none.
    static func text(_ body: [UInt8], _ path: [String]) -> String? {
        var found: [UInt8]?
        body.withUnsafeBufferPointer { bytes in
            var scanner = BodyScanner(bytes)
            for (i, wanted) in path.enumerated() {
                var stands = false
                scanner.members { name, scanner in
                    guard scanner.equals(name, wanted) else { return .next }
                    stands = true
                    return .stop
                }
                guard stands else { return }
                if i == path.count - 1 {
                    let start = scanner.at
                    scanner.skip()
                    found = Array(bytes[start..<scanner.at])
                }
            }
        }
        guard let found, let value = try? JSON(parsing: found) else { return nil }
        switch value {
        case .string(let text): return text
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        default: return nil
        }
    }
}
