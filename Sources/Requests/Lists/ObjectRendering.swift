public import ClusterState
import Document
public import Schema

/// How single objects of one served resource are written into answers. Two watchers with equal renderings can share bytes.
public struct ObjectRendering: Sendable, Hashable {
    /// The bytes of a watch's events differ by media type as well.
    let media: AnswerFormat.Media
    enum Form: Sendable, Hashable {
        /// The stored bytes.
        case stored
        /// Another version than the stored one.
        case converted
        /// Metadata alone, without the annotation `hidden`.
        case partial(apiVersion: String, hidden: String?)
    }
    let form: Form
    /// `apiVersion` served.
    let apiVersion: String
    let kind: String
    /// Upstream writes items of built-in lists without `apiVersion` and `kind`, those of custom resources with both.
    let itemsCarryType: Bool
    /// How the encoding of most kinds begins: both members that a list leaves out, one behind the other.
    let typePrefix: [UInt8]
    /// How the encoding of an object at the served version begins: a custom resource may be stored at any of its versions.
    let versionPrefix: [UInt8]

    /// A Table is rendered by `TableRendering`; here it counts as the object itself.
    public init(_ type: ResourceType, _ format: AnswerFormat) {
        media = format.media
        apiVersion = type.apiVersion
        kind = type.kind
        itemsCarryType = type.isCustom
        versionPrefix = Array("{\"apiVersion\":\"\(type.apiVersion)\",".utf8)
        typePrefix = Array("{\"apiVersion\":\"\(type.apiVersion)\",\"kind\":\"\(type.kind)\",".utf8)
        if case .partialMetadata = format.projection {
            form = .partial(apiVersion: format.metaAPIVersion, hidden: BodyLayout.fieldAnnotation(of: type))
        } else {
            form = type.isCustom || type.storageVersion == type.apiVersion ? .stored : .converted
        }
    }

    /// The object as JSON.
    public func write(_ body: [UInt8], into out: inout [UInt8]) {
        switch form {
        case .stored where itemsCarryType && !body.starts(with: versionPrefix): converted(body).encode(into: &out)
        case .stored: out.append(contentsOf: body)
        case .converted: converted(body).encode(into: &out)
        case .partial(let version, let hidden):
            BodyLayout.writePartial(body, apiVersion: version, hidden: hidden, into: &out)
        }
    }

    /// The object as an item of a list.
    func writeItem(_ body: [UInt8], into out: inout [UInt8]) {
        switch form {
        case .stored where itemsCarryType: write(body, into: &out)
        case .stored:
            if body.starts(with: typePrefix) {
                out.append(UInt8(ascii: "{"))
                out.append(contentsOf: body[typePrefix.count...])
            } else {
                BodyLayout.writeWithoutType(body, into: &out)
            }
        case .converted:
            var object = converted(body)
            if !itemsCarryType {
                object["apiVersion"] = nil
                object["kind"] = nil
            }
            object.encode(into: &out)
        case .partial(let version, let hidden):
            BodyLayout.writePartial(body, apiVersion: version, hidden: hidden, into: &out)
        }
    }

    /// The object's bytes, without a copy where the stored ones serve.
    public func bytes(_ body: [UInt8]) -> [UInt8] {
        if form == .stored, !itemsCarryType || body.starts(with: versionPrefix) { return body }
        var out: [UInt8] = []
        out.reserveCapacity(body.count)
        write(body, into: &out)
        return out
    }

    private func converted(_ body: [UInt8]) -> JSON {
        var object = (try? JSON(parsing: body)) ?? .null
        Conversion.convert(&object, to: apiVersion)
        return object
    }
}

/// The answer to a GET of one object.
public enum GetAnswer {
    /// The stored object; 404 when there is none; 400 and 504 for a resourceVersion that cannot be served.
    public static func object(
        _ type: ResourceType, namespace: String, name: String, options: GetOptions, state: ClusterState
    ) throws(APIError) -> StoredObject {
        if !options.resourceVersion.isEmpty, options.resourceVersion != "0" {
            let revision = try ResourceVersion.parse(options.resourceVersion)
            if revision > state.revision { throw ResourceVersion.tooLarge(revision, current: state.revision) }
        }
        guard let object = state.object(type.store, type.isNamespaced ? namespace : "", name) else {
            throw .notFound(type.groupResource, name)
        }
        return object
    }
}

/// Resource versions as clients send them.
public enum ResourceVersion {
    /// The revision; 400 with upstream's words when it is no number.
    public static func parse(_ text: String) throws(APIError) -> UInt64 {
        do throws(QueryError) {
            return try GoNumbers.parseUInt(text)
        } catch {
            throw .badRequest("invalid resource version: \(complaint(text, error))")
        }
    }
    static func complaint(_ text: String, _ error: QueryError) -> String {
        "resourceVersion: Invalid value: \(JSON.string(text).text): \(error.message)"
    }

    /// 504: the client has seen a revision that does not exist here yet. It should try again in a second.
    public static func tooLarge(_ revision: UInt64, current: UInt64) -> APIError {
        APIError(
            code: 504, reason: "Timeout",
            message: "Timeout: Too large resource version: \(revision), current: \(current)",
            causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version")],
            retryAfterSeconds: 1)
    }

    /// 410: the revision lies below what is kept.
    public static func tooOld(_ revision: UInt64, floor: UInt64) -> APIError {
        .gone("too old resource version: \(revision) (\(floor))")
    }
}
