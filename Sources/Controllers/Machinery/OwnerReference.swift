package import Document
import Records

/// `metadata.ownerReferences`: one entry.
package struct OwnerReference: Sendable, Equatable {
    package var apiVersion: String
    package var kind: String
    package var name: String
    package var uid: String
    package var isController: Bool
    package var blocksDeletion: Bool

    package init(_ json: JSON) {
        apiVersion = json["apiVersion"]?.string ?? ""
        kind = json["kind"]?.string ?? ""
        name = json["name"]?.string ?? ""
        uid = json["uid"]?.string ?? ""
        isController = json["controller"]?.bool ?? false
        blocksDeletion = json["blockOwnerDeletion"]?.bool ?? false
    }
    package var group: String { apiVersion.firstIndex(of: "/").map { String(apiVersion[..<$0]) } ?? "" }

    /// The reference that makes `owner` the controller of something: `metav1.NewControllerRef`.
    package static func controller(of owner: JSON, apiVersion: String, kind: String) -> JSON {
        [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(owner.objectName),
            "uid": .string(owner.objectUID),
            "controller": true, "blockOwnerDeletion": true,
        ]
    }
}

extension JSON {
    package var ownerReferences: [OwnerReference] {
        self["metadata"]?["ownerReferences"]?.elements.map(OwnerReference.init) ?? []
    }
    package var controllerReference: OwnerReference? {
        self["metadata"]?["ownerReferences"]?.elements.first { $0["controller"]?.bool == true }.map(OwnerReference.init)
    }
}
