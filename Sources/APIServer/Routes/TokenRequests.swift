import Admission
import ClusterState
import Document
public import Engine
import HTTPEdge
public import Identity
import Patching
import Records
import Requests
import Schema

/// `serviceaccounts/token`: a signed token, bound to an object when one is named. Nothing is stored but the record that it was given.
extension APIServer {
    func createToken(_ exchange: Exchange, _ type: ResourceType, _ snapshot: Snapshot) throws(APIError) {
        let info = exchange.info
        let kind = GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest")
        var duplicates: [String] = []
        let body = try SentObject.read(
            document(
                exchange,
                try Negotiation.body(contentType: exchange.request.headers["content-type"] ?? "", allowsProtobuf: true),
                as: .object(kind.kind), &duplicates),
            as: kind, in: snapshot.catalog)
        let wrong = [("name", info.name), ("namespace", info.namespace)].compactMap { field, wanted -> FieldError? in
            guard let said = body["metadata", field]?.string, !said.isEmpty, said != wanted else { return nil }
            return .invalid("metadata." + field, .string(said), "must match the service account \(field) if specified")
        }
        if !wrong.isEmpty { throw .invalid(kind, info.name, wrong) }
        let accounts = GroupResource(resource: "serviceaccounts")
        guard let account = snapshot.state.object(accounts, info.namespace, info.name) else {
            throw .notFound(accounts, info.name)
        }
        consult(exchange, type, body) { [self] (admitted) throws(APIError) in
            try mint(exchange, admitted, account, snapshot)
        }
    }

    private func mint(_ exchange: Exchange, _ admitted: JSON, _ account: StoredObject, _ snapshot: Snapshot)
        throws(APIError)
    {
        let info = exchange.info
        let kind = GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest")
        var body = admitted
        let seconds = body["spec", "expirationSeconds"]?.int ?? 3600
        var errors: [FieldError] = []
        if seconds < 600 {
            errors.append(
                .invalid("spec.expirationSeconds", .int(seconds), "may not specify a duration less than 10 minutes"))
        }
        if seconds > 1 << 32 {
            errors.append(
                .invalid("spec.expirationSeconds", .int(seconds), "may not specify a duration larger than 2^32 seconds")
            )
        }
        if !errors.isEmpty { throw .invalid(kind, "", errors) }

        let bound = try boundReference(body["spec", "boundObjectRef"], info.namespace, account, snapshot)
        var random = RandomSequence(seed: UInt64.random(in: .min ... .max))
        let minted: ServiceAccountTokens.Minted
        do throws(IdentityError) {
            minted = try tokens.mint(
                namespace: info.namespace, serviceAccount: .init(name: info.name, uid: account.uid), pod: bound.pod,
                secret: bound.secret,
                node: bound.node, audiences: body["spec", "audiences"]?.strings ?? [], seconds: seconds,
                id: random.uuid(), now: engine.now)
        } catch {
            throw .internalError(error.description)
        }
        if let schema = snapshot.catalog.type(for: kind) {
            ManagedFields.recordUpdate(
                old: .null, new: &body, manager: RequestInfo.defaultFieldManager(userAgent: exchange.userAgent),
                apiVersion: "authentication.k8s.io/v1", time: engine.now, subresource: "token", schema: schema)
        }
        body["metadata", "uid"] = .string(account.uid)
        body["metadata", "name"] = .string(info.name)
        body["metadata", "namespace"] = .string(info.namespace)
        body["metadata", "creationTimestamp"] = .string(engine.now.rfc3339)
        body["spec", "expirationSeconds"] = .int(seconds)
        if body["spec", "audiences"]?.strings.isEmpty ?? true {
            body["spec", "audiences"] = .array(tokens.audiences.map { .string($0) })
        }
        body["status"] = ["token": .string(minted.token), "expirationTimestamp": .string(minted.expires.rfc3339)]
        let answer = body.encoded()
        note(exchange, code: 201) { exchange.answer(201, answer) }
    }

    private func boundReference(
        _ reference: JSON?, _ namespace: String, _ account: StoredObject, _ snapshot: Snapshot
    ) throws(APIError) -> (pod: TokenClaims.Reference?, secret: TokenClaims.Reference?, node: TokenClaims.Reference?) {
        guard let reference, !reference.isNull else { return (nil, nil, nil) }
        let name = reference["name"]?.string ?? ""
        let uid = reference["uid"]?.string ?? ""
        func find(_ resource: String, _ space: String) throws(APIError) -> StoredObject {
            let store = GroupResource(resource: resource)
            guard let found = snapshot.state.object(store, space, name) else { throw .notFound(store, name) }
            if !uid.isEmpty, uid != found.uid {
                throw .conflict(
                    store, name,
                    "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been deleted and then recreated"
                )
            }
            return found
        }
        switch reference["kind"]?.string ?? "" {
        case "Pod":
            let pod = try find("pods", namespace)
            let document = pod.document
            if document["spec", "serviceAccountName"]?.string != account.key.name {
                throw .badRequest(
                    "cannot bind token for serviceaccount \"\(account.key.name)\" to pod running with different serviceaccount name."
                )
            }
            var node: TokenClaims.Reference?
            if let nodeName = document["spec", "nodeName"]?.string, !nodeName.isEmpty {
                node = .init(
                    name: nodeName,
                    uid: snapshot.state.object(GroupResource(resource: "nodes"), "", nodeName)?.uid ?? "")
            }
            return (.init(name: name, uid: pod.uid), nil, node)
        case "Secret":
            return (nil, .init(name: name, uid: try find("secrets", namespace).uid), nil)
        case "Node":
            return (nil, nil, .init(name: name, uid: try find("nodes", "").uid))
        case let other:
            throw .badRequest(
                "cannot bind token to object of type \(reference["apiVersion"]?.string ?? ""), Kind=\(other)")
        }
    }
}

extension Engine {
    /// The object that a token is bound to, as it is now.
    public func live(_ bound: BoundObject) -> LiveObject? {
        let (resource, namespace) =
            switch bound.kind {
            case .serviceAccount: ("serviceaccounts", bound.namespace)
            case .pod: ("pods", bound.namespace)
            case .secret: ("secrets", bound.namespace)
            case .node: ("nodes", "")
            }
        guard let object = snapshot.state.object(GroupResource(resource: resource), namespace, bound.name) else {
            return nil
        }
        let deletion = object.document["metadata", "deletionTimestamp"]?.string.flatMap { Timestamp(rfc3339: $0) }
        return LiveObject(uid: object.uid, deletionTime: deletion)
    }
}
