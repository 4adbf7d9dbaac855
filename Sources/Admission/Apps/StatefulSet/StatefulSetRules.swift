import Document
import Schema

/// StatefulSets.
struct StatefulSetRules: KindRules {
    var nameRule: NameRule { .dnsLabel }
    private static let changeable = [
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ]
    private static let unchangeable =
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
        + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        object.modify("spec") { spec in
            spec.fillText("podManagementPolicy", "OrderedReady")
            spec.fill("updateStrategy", [:])
            spec.modify("updateStrategy") { strategy in
                if strategy.text("type").isEmpty {
                    strategy["type"] = "RollingUpdate"
                    strategy.fill("rollingUpdate", [:])
                }
                if strategy.text("type") == "RollingUpdate" {
                    strategy.modify("rollingUpdate") { $0.fill("partition", 0) }
                }
            }
            spec.fill("persistentVolumeClaimRetentionPolicy", [:])
            spec.modify("persistentVolumeClaimRetentionPolicy") { policy in
                policy.fillText("whenDeleted", "Retain")
                policy.fillText("whenScaled", "Retain")
            }
            spec.fill("replicas", 1)
            spec.fill("revisionHistoryLimit", 10)
            PodTemplateDefaults.apply(&spec, "template")
            spec.modify("volumeClaimTemplates") { templates in
                templates.modifyElements { _, claim in
                    claim["apiVersion"] = "v1"
                    claim["kind"] = "PersistentVolumeClaim"
                    PersistentVolumeClaimRules().setDefaults(&claim)
                }
            }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = ["replicas": 0, "availableReplicas": 0]
        forgetMaxUnavailable(&object, old: nil)
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        if subresource == "status" { object["spec"] = old["spec"] } else { object["status"] = old["status"] }
        forgetMaxUnavailable(&object, old: old)
    }

    /// How many pods may be missing in an update is not served in this version; only a set that has it keeps it.
    private func forgetMaxUnavailable(_ object: inout JSON, old: JSON?) {
        let path = ["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"]
        guard object[path] != nil, old?[path] == nil else { return }
        object.modify("spec") {
            $0.modify("updateStrategy") { $0.modify("rollingUpdate") { $0["maxUnavailable"] = Optional.none } }
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] { validate(object, old: nil) }

    /// With an old object its immutable parts are not checked again, nor a template that was wrong before.
    private func validate(_ object: JSON, old: JSON?) -> [FieldError] {
        var errors: [FieldError] = []
        let spec = object["spec"] ?? [:]
        switch spec.text("podManagementPolicy") {
        case "OrderedReady", "Parallel": break
        case "": errors.append(.required("spec.podManagementPolicy"))
        case let other:
            errors.append(.invalid("spec.podManagementPolicy", .string(other), "must be 'OrderedReady' or 'Parallel'"))
        }
        validateStrategy(spec["updateStrategy"] ?? [:], &errors)
        for key in ["whenDeleted", "whenScaled"] {
            guard let policy = spec.given("persistentVolumeClaimRetentionPolicy")?.text(key), policy != "Retain",
                policy != "Delete"
            else { continue }
            errors.append(
                .notSupported(
                    "spec.persistentVolumeClaimRetentionPolicy." + key, .string(policy), ["Retain", "Delete"]))
        }
        if old == nil {
            for (i, claim) in spec.list("volumeClaimTemplates").enumerated() where errors.hasRoom {
                PersistentVolumeClaimRules.validateSpec(
                    claim["spec"] ?? [:], path: "spec.volumeClaimTemplates[\(i)].spec", &errors)
            }
        }
        errors += Numbers.notNegative(spec["replicas"], path: "spec.replicas")
        errors += Numbers.notNegative(spec["minReadySeconds"], path: "spec.minReadySeconds")
        errors += Numbers.notNegative(spec["ordinals", "start"], path: "spec.ordinals.start")
        let service = spec.text("serviceName")
        if old == nil, !service.isEmpty {
            errors.addInvalid("spec.serviceName", .string(service), Names.dnsLabel(service))
        }
        WorkloadRules.validateSelector(spec, kind: "statefulset", &errors)
        let wasWrong = old.map { !validate($0, old: nil).isEmpty } ?? false
        validateTemplate(spec, skipsPodSpec: wasWrong, &errors)
        return errors
    }

    private func validateStrategy(_ strategy: JSON, _ errors: inout [FieldError]) {
        let path = "spec.updateStrategy"
        let update = strategy.given("rollingUpdate")
        switch strategy.text("type") {
        case "": errors.append(.required(path))
        case "OnDelete":
            if let update {
                errors.append(
                    .invalidDump(
                        path + ".rollingUpdate", InternalForm.text(update, "RollingUpdateStatefulSet"),
                        "only allowed for updateStrategy 'RollingUpdate'"))
            }
        case "RollingUpdate":
            guard let update else { return }
            errors += Numbers.notNegative(update["partition"], path: path + ".rollingUpdate.partition")
            guard let down = update.given("maxUnavailable") else { return }
            let at = path + ".rollingUpdate.maxUnavailable"
            errors += IntOrPercent.validate(down, path: at)
            if IntOrPercent.number(down) == 0 { errors.append(.invalid(at, down, "cannot be 0")) }
            errors += IntOrPercent.validateAtMostAll(down, path: at)
        default:
            errors.append(
                .invalidDump(
                    path, InternalForm.text(strategy, "StatefulSetUpdateStrategy"),
                    "must be 'RollingUpdate' or 'OnDelete'"))
        }
    }

    /// Volumes of the pods come from claim templates too; host name and subdomain are the controller's.
    private func validateTemplate(_ spec: JSON, skipsPodSpec: Bool, _ errors: inout [FieldError]) {
        let template = spec["template"] ?? [:]
        let labels = template["metadata", "labels"]
        if !WorkloadRules.isReadable(spec["selector"]) {
            errors.append(.invalid("spec.selector", spec["selector"] ?? .null, ""))
        } else {
            let isMatched = LabelRules.matches(spec["selector"], labels: labels)
            if !spec.has("selector") || (!LabelRules.isEmpty(spec["selector"]) && !isMatched) {
                errors.append(
                    .invalid(
                        "spec.template.metadata.labels", labels ?? .null,
                        "`selector` does not match template `labels`"))
            }
            if !skipsPodSpec {
                PodTemplateValidation.validate(
                    StatefulSetRules.withClaims(template, spec), path: "spec.template", &errors)
            }
        }
        let policy = template["spec"]?.text("restartPolicy") ?? ""
        if policy != "Always" {
            errors.append(.notSupported("spec.template.spec.restartPolicy", .string(policy), ["Always"]))
        }
        if template["spec"]?.has("activeDeadlineSeconds") ?? false {
            errors.append(
                .forbidden(
                    "spec.template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in StatefulSet is not Supported")
            )
        }
    }

    /// The template as its pods will have it.
    private static func withClaims(_ template: JSON, _ spec: JSON) -> JSON {
        var out = template
        out["spec", "subdomain"] = Optional.none
        out["spec", "hostname"] = Optional.none
        let claims = spec.list("volumeClaimTemplates").map { $0["metadata"]?.text("name") ?? "" }
        if claims.isEmpty { return out }
        let named = Set(claims)
        var seen: Set<String> = []
        let volumes: [JSON] = claims.filter { seen.insert($0).inserted }.map {
            ["name": .string($0), "persistentVolumeClaim": ["claimName": .string($0)]]
        }
        let others = (template["spec"]?.list("volumes") ?? []).filter { !named.contains($0.text("name")) }
        out["spec", "volumes"] = .array(volumes + others)
        return out
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        if subresource == "status" {
            let status = object["status"] ?? [:]
            let counts = ["replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"]
            return WorkloadRules.validateCounts(status, counts + ["observedGeneration", "collisionCount"])
                + WorkloadRules.validateNotMore(
                    status, Array(counts.dropFirst()), readyText: "cannot be greater than status.readyReplicas")
                + ObjectMetaRules.revalidate(object, old: old) + WorkloadRules.validateCollisions(object, old: old)
        }
        var errors = ObjectMetaRules.revalidate(object, old: old) + validate(object, old: old)
        var (new, was) = (object["spec"] ?? [:], old["spec"] ?? [:])
        for key in StatefulSetRules.changeable {
            new[key] = nil
            was[key] = nil
        }
        if !Semantics.equal(new, was) { errors.append(.forbidden("spec", StatefulSetRules.unchangeable)) }
        return errors
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        var out = PodWarnings.ofTemplate(
            object["spec", "template"], path: "spec.template", old: old?["spec", "template"])
        for (i, claim) in (object["spec"]?.list("volumeClaimTemplates") ?? []).enumerated() {
            // Upstream leaves out the claim's own "spec" from its path.
            for warning in PersistentVolumeClaimRules().warnings(claim, old: nil) where warning.hasPrefix("spec.") {
                out.append("spec.volumeClaimTemplates[\(i)]." + warning.dropFirst("spec.".count))
            }
        }
        if let limit = object["spec", "revisionHistoryLimit"]?.int, limit < 0 {
            out.append(
                "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"
            )
        }
        return out
    }
}
