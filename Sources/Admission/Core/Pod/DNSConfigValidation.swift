import Document
import Schema

/// Checks of `spec.dnsConfig`.
enum DNSConfigValidation {
    private static let nameserversMax = 3
    private static let searchPathsMax = 32
    private static let searchListCharactersMax = 2048

    static func validate(_ spec: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let config = spec.given("dnsConfig")
        let servers = config?.list("nameservers") ?? []
        if spec.text("dnsPolicy") == "None" {
            if config == nil {
                errors.append(.required(path(), "must provide `dnsConfig` when `dnsPolicy` is None"))
                return
            }
            if servers.isEmpty {
                errors.append(
                    .required(
                        path() + ".nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None"))
                return
            }
        }
        guard let config else { return }
        if servers.count > nameserversMax {
            errors.append(
                .invalid(
                    path() + ".nameservers", .array(servers), "must not have more than \(nameserversMax) nameservers"))
        }
        for (i, server) in servers.enumerated() where errors.hasRoom {
            errors += AddressRules.validateIP(server.string ?? "", path: "\(path()).nameservers[\(i)]")
        }
        let searches = config.list("searches")
        if searches.count > searchPathsMax {
            errors.append(
                .invalid(
                    path() + ".searches", .array(searches), "must not have more than \(searchPathsMax) search paths"))
        }
        if searches.reduce(0, { $0 + ($1.string ?? "").utf8.count }) + max(0, searches.count - 1)
            > searchListCharactersMax
        {
            errors.append(
                .invalid(
                    path() + ".searches", .array(searches),
                    "must not have more than \(searchListCharactersMax) characters (including spaces) in the search list"
                ))
        }
        for (i, search) in searches.enumerated() where errors.hasRoom {
            var domain = search.string ?? ""
            if domain == "." { continue }
            if domain.hasSuffix(".") { domain.removeLast() }
            errors.addInvalid("\(path()).searches[\(i)]", .string(domain), Names.dnsSubdomainWithUnderscore(domain))
        }
        for (i, option) in config.list("options").enumerated()
        where errors.hasRoom && option.text("name").isEmpty {
            errors.append(.required("\(path()).options[\(i)]", "must not be empty"))
        }
    }
}
