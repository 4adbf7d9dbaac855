import Document
import Patching
import Schema

/// Kinds that have lists of every sort.
private let kinds: [GroupVersionKind] = [
    GroupVersionKind(version: "v1", kind: "Pod"), GroupVersionKind(group: "apps", version: "v1", kind: "Deployment"),
    GroupVersionKind(version: "v1", kind: "Service"), GroupVersionKind(version: "v1", kind: "ConfigMap"),
]
private let types: [(GroupVersionKind, TypeSchema)] = kinds.compactMap { kind in
    Catalog.builtin.type(for: kind).map { (kind, $0) }
}

enum ProtobufTarget {
    /// What is decoded is encoded and decoded again as the same.
    static let run: @Sendable ([UInt8]) -> Void = { input in
        guard let first = input.first, !types.isEmpty else { return }
        let (_, type) = types[Int(first) % types.count]
        let bytes = Array(input.dropFirst())
        if let envelope = try? ProtobufCodec.openEnvelope(bytes) { _ = try? ProtobufCodec.decode(envelope.raw, type) }
        guard let document = try? ProtobufCodec.decode(bytes, type) else { return }
        let encoded = ProtobufCodec.encode(document, type)
        guard let again = try? ProtobufCodec.decode(encoded, type) else {
            fatalError("what was encoded cannot be read")
        }
        require(ProtobufCodec.encode(again, type) == encoded, "what was encoded again differs")
    }
}

enum PatchTarget {
    static let json: @Sendable ([UInt8]) -> Void = { input in
        guard let (target, patch) = documents(input) else { return }
        guard let patched = try? JSONPatch.apply(patch, to: target, kind: kinds[0], name: "x") else { return }
        _ = patched.encoded()
    }

    static let merge: @Sendable ([UInt8]) -> Void = { input in
        guard let (target, patch) = documents(input) else { return }
        let once = MergePatch.apply(patch, to: target)
        require(MergePatch.apply(patch, to: once) == once, "a merge done twice differs from one done once")
    }

    static let strategic: @Sendable ([UInt8]) -> Void = { input in
        guard let first = input.first, let (target, patch) = documents(Array(input.dropFirst())), !types.isEmpty else {
            return
        }
        _ = try? StrategicMergePatch.apply(patch, to: target, schema: types[Int(first) % types.count].1)
    }

    static let apply: @Sendable ([UInt8]) -> Void = { input in
        guard let first = input.first, let (live, given) = documents(Array(input.dropFirst())), !types.isEmpty else {
            return
        }
        let (kind, schema) = types[Int(first) % types.count]
        var configuration = given
        configuration["apiVersion"] = .string(kind.apiVersion)
        configuration["kind"] = .string(kind.kind)
        func applied(to live: JSON?) -> JSON? {
            try? ServerSideApply.apply(
                live: live, configuration: configuration, manager: "fuzz", isForced: true,
                apiVersion: kind.apiVersion, subresource: "", time: Timestamp(seconds: 0), schema: schema)
        }
        guard let once = applied(to: first & 0x80 == 0 ? Optional.none : live) else { return }
        _ = applied(to: once)
    }

    private static func documents(_ input: [UInt8]) -> (JSON, JSON)? {
        let (first, second) = input.halves
        guard let target = try? JSON(parsing: first), let patch = try? JSON(parsing: second) else { return nil }
        return (target, patch)
    }
}

enum SchemaTarget {
    /// A custom resource's schema, and an object pruned, filled and checked by it.
    static let run: @Sendable ([UInt8]) -> Void = { input in
        let (first, second) = input.halves
        guard let schema = try? JSON(parsing: first), var object = try? JSON(parsing: second) else { return }
        let structural = StructuralSchema(schema)
        _ = structural.prune(&object)
        structural.applyDefaults(&object)
        _ = structural.validate(object)
    }
}
