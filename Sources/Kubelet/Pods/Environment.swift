import Document
import Foundation

/// A container that cannot be set up as its spec says: upstream's `CreateContainerConfigError`.
struct ConfigurationError: Error, Sendable {
    let message: String
    init(_ message: String) { self.message = message }
}

/// A container's environment: service links, `envFrom`, `env`, in this order; later ones win.
package struct Environment {
    let pod: PodFacts
    let container: JSON
    let reader: ClusterReader
    let addresses: [String]
    let nodeAddresses: [String]
    let nodeName: String

    func variables() throws(ConfigurationError) -> [(name: String, value: String)] {
        var order: [String] = []
        var values: [String: String] = [:]
        func set(_ name: String, _ value: String) {
            if values.updateValue(value, forKey: name) == nil { order.append(name) }
        }
        if pod.spec["enableServiceLinks"]?.bool ?? true {
            for (name, value) in serviceVariables() { set(name, value) }
        } else {
            for (name, value) in serviceVariables(onlyMaster: true) { set(name, value) }
        }
        for source in container["envFrom"]?.elements ?? [] {
            for (name, value) in try bulk(source) { set(name, value) }
        }
        for entry in container["env"]?.elements ?? [] {
            guard let name = entry["name"]?.string else { continue }
            if let from = entry["valueFrom"], !from.isNull {
                if let value = try self.value(from) { set(name, value) }
            } else {
                set(name, Environment.expand(entry["value"]?.string ?? "", values))
            }
        }
        return order.map { ($0, values[$0]!) }
    }

    private func bulk(_ source: JSON) throws(ConfigurationError) -> [(String, String)] {
        let prefix = source["prefix"]?.string ?? ""
        if let reference = source["configMapRef"] {
            let name = reference["name"]?.string ?? ""
            guard let object = reader.configMap(pod.namespace, name) else {
                if reference["optional"]?.bool == true { return [] }
                throw ConfigurationError("configmap \"\(name)\" not found")
            }
            return (object["data"]?.entries.stringPairs ?? []).map { (prefix + $0.key, $0.value) }
        }
        if let reference = source["secretRef"] {
            let name = reference["name"]?.string ?? ""
            guard let object = reader.secret(pod.namespace, name) else {
                if reference["optional"]?.bool == true { return [] }
                throw ConfigurationError("secret \"\(name)\" not found")
            }
            return (object["data"]?.entries.stringPairs ?? []).map { (prefix + $0.key, Environment.decoded($0.value)) }
        }
        return []
    }

    private func value(_ from: JSON) throws(ConfigurationError) -> String? {
        if let reference = from["configMapKeyRef"] {
            let (name, key) = (reference["name"]?.string ?? "", reference["key"]?.string ?? "")
            guard let object = reader.configMap(pod.namespace, name) else {
                if reference["optional"]?.bool == true { return nil }
                throw ConfigurationError("configmap \"\(name)\" not found")
            }
            if let value = object["data", key]?.string { return value }
            if reference["optional"]?.bool == true { return nil }
            throw ConfigurationError("couldn't find key \(key) in ConfigMap \(pod.namespace)/\(name)")
        }
        if let reference = from["secretKeyRef"] {
            let (name, key) = (reference["name"]?.string ?? "", reference["key"]?.string ?? "")
            guard let object = reader.secret(pod.namespace, name) else {
                if reference["optional"]?.bool == true { return nil }
                throw ConfigurationError("secret \"\(name)\" not found")
            }
            if let value = object["data", key]?.string { return Environment.decoded(value) }
            if reference["optional"]?.bool == true { return nil }
            throw ConfigurationError("couldn't find key \(key) in Secret \(pod.namespace)/\(name)")
        }
        let downward = DownwardAPI(
            pod: pod, reader: reader, addresses: addresses, nodeAddresses: nodeAddresses, nodeName: nodeName)
        if let reference = from["fieldRef"] {
            let path = reference["fieldPath"]?.string ?? ""
            guard let value = downward.field(path) else {
                throw ConfigurationError("field label not supported: \(path)")
            }
            return value
        }
        if let reference = from["resourceFieldRef"] {
            return downward.resource(reference, ownContainer: container["name"]?.string ?? "")
        }
        throw ConfigurationError("this source of an environment variable is not supported by this node")
    }

    static func decoded(_ base64: String) -> String {
        Data(base64Encoded: base64).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Replaces `$(NAME)` by its value; `$$` is a dollar sign; unknown names stay as they are.
    package static func expand(_ text: String, _ values: [String: String]) -> String {
        guard text.contains("$") else { return text }
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var i = 0
        while i < bytes.count {
            if bytes[i] == UInt8(ascii: "$"), i + 1 < bytes.count {
                if bytes[i + 1] == UInt8(ascii: "$") {
                    out.append(UInt8(ascii: "$"))
                    i += 2
                    continue
                }
                if bytes[i + 1] == UInt8(ascii: "("), let end = bytes[i...].firstIndex(of: UInt8(ascii: ")")) {
                    let name = String(decoding: bytes[(i + 2)..<end], as: UTF8.self)
                    if let value = values[name] {
                        out += Array(value.utf8)
                    } else {
                        out += bytes[i...end]
                    }
                    i = end + 1
                    continue
                }
            }
            out.append(bytes[i])
            i += 1
        }
        return String(decoding: out, as: UTF8.self)
    }

    // MARK: services

    private func serviceVariables(onlyMaster: Bool = false) -> [(String, String)] {
        var out: [(String, String)] = []
        var services = onlyMaster ? [] : reader.services(pod.namespace)
        if pod.namespace != "default" || onlyMaster {
            services += reader.services("default").filter { $0["metadata", "name"]?.string == "kubernetes" }
        }
        for service in services {
            guard let address = service["spec", "clusterIP"]?.string, !address.isEmpty, address != "None",
                let ports = service["spec", "ports"]?.elements, let first = ports.first
            else { continue }
            let name = Environment.variableName(service["metadata", "name"]?.string ?? "")
            out.append((name + "_SERVICE_HOST", address))
            out.append((name + "_SERVICE_PORT", "\(first["port"]?.int ?? 0)"))
            for port in ports {
                if let portName = port["name"]?.string, !portName.isEmpty {
                    out.append(
                        (name + "_SERVICE_PORT_" + Environment.variableName(portName), "\(port["port"]?.int ?? 0)"))
                }
            }
            let dashed = address.contains(":") ? "[\(address)]" : address
            out.append(
                (
                    name + "_PORT",
                    "\((first["protocol"]?.string ?? "TCP").lowercased())://\(dashed):\(first["port"]?.int ?? 0)"
                ))
            for port in ports {
                let transport = port["protocol"]?.string ?? "TCP"
                let number = port["port"]?.int ?? 0
                let prefix = "\(name)_PORT_\(number)_\(transport)"
                out.append((prefix, "\(transport.lowercased())://\(dashed):\(number)"))
                out.append((prefix + "_PROTO", transport.lowercased()))
                out.append((prefix + "_PORT", "\(number)"))
                out.append((prefix + "_ADDR", address))
            }
        }
        return out
    }

    private static func variableName(_ name: String) -> String {
        name.uppercased().replacingOccurrences(of: "-", with: "_")
    }
}
