import Document

/// Defaults of a pod's specification, wherever it stands: in a Pod or in a template.
enum PodSpecDefaults {
    static func apply(_ spec: inout JSON) {
        spec.fillText("dnsPolicy", "ClusterFirst")
        spec.fillText("restartPolicy", "Always")
        spec.fill("securityContext", [:])
        spec.fill("terminationGracePeriodSeconds", 30)
        spec.fillText("schedulerName", "default-scheduler")
        alignServiceAccount(&spec)
        for key in ["containers", "initContainers", "ephemeralContainers"] {
            spec.modify(key) { $0.modifyElements { _, container in applyToContainer(&container) } }
        }
        spec.modify("volumes") { $0.modifyElements { _, volume in VolumeDefaults.apply(&volume) } }
        spec.modify("overhead") { ResourceListDefaults.round(&$0) }
        spec.modify("resources") { ResourceListDefaults.roundBoth(&$0) }
    }

    /// `serviceAccount` is the old name of `serviceAccountName`; both are written alike.
    private static func alignServiceAccount(_ spec: inout JSON) {
        let name = spec.text("serviceAccountName")
        if name.isEmpty {
            let old = spec.text("serviceAccount")
            if old.isEmpty { return }
            spec["serviceAccountName"] = .string(old)
        } else if spec.text("serviceAccount") != name {
            spec["serviceAccount"] = .string(name)
        }
    }

    static func applyToContainer(_ container: inout JSON) {
        container.fill("resources", [:])
        container.modify("resources") { ResourceListDefaults.roundBoth(&$0) }
        if container.text("imagePullPolicy").isEmpty {
            container["imagePullPolicy"] = .string(pullPolicy(forImage: container.text("image")))
        }
        container.fillText("terminationMessagePath", "/dev/termination-log")
        container.fillText("terminationMessagePolicy", "File")
        container.modify("ports") { ports in
            ports.modifyElements { _, port in port.fillText("protocol", "TCP") }
        }
        container.modify("env") { variables in
            variables.modifyElements { _, variable in
                variable.modify("valueFrom") { source in
                    source.modify("fieldRef") { $0.fillText("apiVersion", "v1") }
                    source.modify("resourceFieldRef") { $0.fill("divisor", "0") }
                    source.modify("fileKeyRef") { $0.fill("optional", false) }
                }
            }
        }
        for key in ["livenessProbe", "readinessProbe", "startupProbe"] { container.modify(key) { applyToProbe(&$0) } }
        container.modify("lifecycle") { lifecycle in
            for key in ["postStart", "preStop"] {
                lifecycle.modify(key) { $0.modify("httpGet") { applyToHTTPGet(&$0) } }
            }
        }
    }

    private static func applyToProbe(_ probe: inout JSON) {
        if probe.isNull { return }
        func fillNumber(_ key: String, _ value: Int64) {
            if (probe.integer(key) ?? 0) == 0 { probe[key] = .int(value) }
        }
        fillNumber("timeoutSeconds", 1)
        fillNumber("periodSeconds", 10)
        fillNumber("successThreshold", 1)
        fillNumber("failureThreshold", 3)
        probe.modify("httpGet") { applyToHTTPGet(&$0) }
        probe.modify("grpc") { $0.fill("service", "") }
    }

    private static func applyToHTTPGet(_ action: inout JSON) {
        action.fillText("path", "/")
        action.fillText("scheme", "HTTP")
    }

    /// `Always` for the tag `latest`, which is also meant when there is neither tag nor digest.
    static func pullPolicy(forImage image: String) -> String {
        guard ImageReference.isValid(image) else { return "IfNotPresent" }
        let name = image.utf8
        let digest = name.firstIndex(of: UInt8(ascii: "@"))
        let beforeDigest = name[..<(digest ?? name.endIndex)]
        let afterSlash =
            beforeDigest.lastIndex(of: UInt8(ascii: "/")).map { beforeDigest[beforeDigest.index(after: $0)...] }
            ?? beforeDigest[...]
        if let colon = afterSlash.lastIndex(of: UInt8(ascii: ":")) {
            return afterSlash[afterSlash.index(after: colon)...].elementsEqual("latest".utf8)
                ? "Always" : "IfNotPresent"
        }
        return digest == nil ? "Always" : "IfNotPresent"
    }
}

/// Amounts are kept to thousandths: finer ones are rounded up.
enum ResourceListDefaults {
    static func roundBoth(_ requirements: inout JSON) {
        requirements.modify("limits") { round(&$0) }
        requirements.modify("requests") { round(&$0) }
    }

    static func round(_ list: inout JSON) {
        for (name, value) in list.entries {
            guard let last = value.string?.utf8.last, last == UInt8(ascii: "n") || last == UInt8(ascii: "u") else {
                continue
            }
            let amount = Amount(value)
            let (whole, rest) = amount.billionths.quotientAndRemainder(dividingBy: 1_000_000)
            list[name] = .string(Amount(billionths: (rest > 0 ? whole + 1 : whole) * 1_000_000, isBinary: false).text)
        }
    }
}
