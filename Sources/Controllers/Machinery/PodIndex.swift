import Document
import Records

/// Every pod's facts, by name, controller and node. Kept up to date by the view it belongs to.
public struct PodIndex: Sendable {
    private var byNamespace: [String: [String: PodRecord]] = [:]
    private var byController: [String: [String: PodRecord]] = [:]
    private var withoutController: [String: Set<String>] = [:]
    private var byNode: [String: [ObjectKey: PodRecord]] = [:]
    public private(set) var count = 0

    package subscript(namespace: String, name: String) -> PodRecord? { byNamespace[namespace]?[name] }

    /// The pods whose controller has that uid, by name.
    package func controlled(by uid: String) -> [PodRecord] {
        (byController[uid]?.values).map { $0.sorted { $0.name.bytesPrecede($1.name) } } ?? []
    }
    package func controlledUnordered(by uid: String) -> [PodRecord] { byController[uid].map { Array($0.values) } ?? [] }
    /// The pods of a namespace that have no controller, by name.
    package func orphans(in namespace: String) -> [PodRecord] {
        (withoutController[namespace] ?? []).sorted { $0.bytesPrecede($1) }.compactMap { byNamespace[namespace]?[$0] }
    }
    package func all(in namespace: String) -> [PodRecord] {
        (byNamespace[namespace]?.values).map { $0.sorted { $0.name.bytesPrecede($1.name) } } ?? []
    }
    package func unordered(in namespace: String) -> [PodRecord] {
        byNamespace[namespace].map { Array($0.values) } ?? []
    }
    package func on(node: String) -> [PodRecord] { (byNode[node]?.values).map { $0.sorted { $0.key < $1.key } } ?? [] }
    package func onUnordered(node: String) -> [PodRecord] { byNode[node].map { Array($0.values) } ?? [] }
    package var namespaces: [String] { byNamespace.keys.sorted() }
    package var nodes: [String] { byNode.keys.sorted() }

    /// Puts a pod's newer facts in place; returns the older ones.
    @discardableResult
    mutating func put(_ pod: PodRecord) -> PodRecord? {
        let old = remove(pod.namespace, pod.name)
        byNamespace[pod.namespace, default: [:]][pod.name] = pod
        if let controller = pod.controller {
            byController[controller.uid, default: [:]][pod.name] = pod
        } else {
            withoutController[pod.namespace, default: []].insert(pod.name)
        }
        if !pod.nodeName.isEmpty { byNode[pod.nodeName, default: [:]][pod.key] = pod }
        count += 1
        return old
    }

    @discardableResult
    mutating func remove(_ namespace: String, _ name: String) -> PodRecord? {
        guard let old = byNamespace[namespace]?.removeValue(forKey: name) else { return nil }
        if byNamespace[namespace]?.isEmpty == true { byNamespace[namespace] = nil }
        if let controller = old.controller {
            byController[controller.uid]?[name] = nil
            if byController[controller.uid]?.isEmpty == true { byController[controller.uid] = nil }
        } else {
            withoutController[namespace]?.remove(name)
            if withoutController[namespace]?.isEmpty == true { withoutController[namespace] = nil }
        }
        if !old.nodeName.isEmpty {
            byNode[old.nodeName]?[old.key] = nil
            if byNode[old.nodeName]?.isEmpty == true { byNode[old.nodeName] = nil }
        }
        count -= 1
        return old
    }
}
