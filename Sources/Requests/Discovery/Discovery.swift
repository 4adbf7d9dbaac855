public import Document
public import Schema

/// One answer to a request for what is served.
public struct DiscoveryAnswer: Sendable {
    /// 200, or 304 with an empty body.
    public var code: Int
    public var contentType: String
    public var body: [UInt8]
    /// With its quotes; empty for none.
    public var etag: String
    /// Whether `Vary: Accept` belongs on the answer.
    public var variesByAccept: Bool
}

/// The discovery documents by path.
public enum Discovery {
    /// The answer to a GET of `/`, `/api`, `/apis`, `/api/v1`, `/apis/G` or `/apis/G/V`; nil when the path is none of these or
    /// names what is not served (404 then). 406 when nothing that is accepted is offered.
    public static func answer(
        path: String, accept: String, ifNoneMatch: String, userAgent: String, query: Query, catalog: Catalog,
        merged: MergedDiscovery = .none, serverAddress: String
    ) throws(APIError) -> DiscoveryAnswer? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        if parts == ["api"] || parts == ["apis"], let version = aggregatedVersion(accept) {
            var list = AggregatedDiscovery.document(catalog, core: parts == ["api"], version: version)
            if parts == ["apis"], !merged.services.isEmpty {
                list["items"] = .array(merged.discoveryList(list["items"]?.elements ?? []))
            }
            let body = list.encoded()
            let tag = "\"\(StableHash.digits(body))\""
            let type = "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList"
            if ifNoneMatch == tag {
                return DiscoveryAnswer(code: 304, contentType: type, body: [], etag: tag, variesByAccept: true)
            }
            return DiscoveryAnswer(code: 200, contentType: type, body: body, etag: tag, variesByAccept: true)
        }
        guard let document = document(parts, catalog, merged, serverAddress) else { return nil }
        let format = try Negotiation.answer(
            accept: accept, userAgent: userAgent, query: query,
            offer: .init(allowsProtobuf: false, allowsProjections: false), isList: false, isWatch: false)
        return DiscoveryAnswer(
            code: 200, contentType: format.contentType, body: format.encode(document), etag: "",
            variesByAccept: parts == ["api"] || parts == ["apis"])
    }

    private static func document(
        _ parts: [String], _ catalog: Catalog, _ merged: MergedDiscovery, _ serverAddress: String
    ) -> JSON? {
        switch (parts.count, parts.first) {
        case (0, _): return rootPaths(catalog)
        case (1, "api"): return APIGroups.legacyVersions(serverAddress: serverAddress)
        case (1, "apis"):
            var list = APIGroups.list(catalog)
            if !merged.services.isEmpty { list["groups"] = .array(merged.groupList(list["groups"]?.elements ?? [])) }
            return list
        case (2, "api"): return APIGroups.resources(apiVersion: parts[1], catalog)
        case (2, "apis"): return APIGroups.group(parts[1], catalog) ?? merged.group(parts[1])
        case (3, "apis"): return APIGroups.resources(apiVersion: parts[1] + "/" + parts[2], catalog)
        default: return nil
        }
    }

    /// The version of aggregated discovery that is asked for ahead of the plain form; nil for the plain form.
    private static func aggregatedVersion(_ accept: String) -> String? {
        for clause in AcceptHeader(accept).clauses {
            guard clause.type == "application" || clause.type == "*" else { continue }
            if clause["as"] == "APIGroupDiscoveryList", clause["g"] == "apidiscovery.k8s.io", clause.subtype == "json" {
                if let version = clause["v"], version == "v2" || version == "v2beta1" { return version }
                continue
            }
            if clause["as"] == nil { return nil }
        }
        return nil
    }

    /// `/`: every path there is to begin from.
    public static func rootPaths(_ catalog: Catalog) -> JSON {
        var paths: [String] = [
            "/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/", "/flagz", "/metrics",
            "/metrics/slis",
            "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/openid/v1/jwks", "/statusz", "/version",
        ]
        for group in APIGroups.groupNames(catalog) where !group.isEmpty {
            paths.append("/apis/" + group)
            for version in APIGroups.versions(of: group, catalog) { paths.append("/apis/\(group)/\(version)") }
        }
        for root in ["healthz", "livez", "readyz"] {
            paths.append("/" + root)
            paths += HealthPaths.checks(root).map { "/\(root)/\($0)" }
        }
        paths.sort { $0.bytesPrecede($1) }
        return ["paths": .array(paths.map { .string($0) })]
    }
}

/// What `/version` says.
public struct ServerVersion: Sendable, Equatable {
    /// `v1.36.2+reckon.1`.
    public var gitVersion: String
    public var gitCommit: String
    /// RFC 3339.
    public var buildDate: String
    /// The toolchain, in the place of Go's version.
    public var toolchain: String
    public var compiler: String
    /// `linux/amd64`.
    public var platform: String
    public init(
        gitVersion: String, gitCommit: String, buildDate: String, toolchain: String, compiler: String, platform: String
    ) {
        self.gitVersion = gitVersion
        self.gitCommit = gitCommit
        self.buildDate = buildDate
        self.toolchain = toolchain
        self.compiler = compiler
        self.platform = platform
    }

    /// The document of `/version`. Major and minor are those of `gitVersion`.
    public var document: JSON {
        let numbers = gitVersion.drop { $0 == "v" }.split(separator: ".").map(String.init)
        let major = numbers.first ?? "0"
        let minor = numbers.count > 1 ? numbers[1] : "0"
        return [
            "major": .string(major), "minor": .string(minor), "emulationMajor": .string(major),
            "emulationMinor": .string(minor),
            "minCompatibilityMajor": .string(major),
            "minCompatibilityMinor": .string(Int(minor).map { String($0 - 1) } ?? minor),
            "gitVersion": .string(gitVersion), "gitCommit": .string(gitCommit), "gitTreeState": "",
            "buildDate": .string(buildDate),
            "goVersion": .string(toolchain), "compiler": .string(compiler), "platform": .string(platform),
        ]
    }
}
