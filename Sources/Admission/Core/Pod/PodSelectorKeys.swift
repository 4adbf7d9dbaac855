import Document

/// `matchLabelKeys` and `mismatchLabelKeys`: the pod's own values of those labels become part of the selectors when it is made.
enum PodSelectorKeys {
    static func apply(_ pod: inout JSON) {
        guard let labels = pod["metadata", "labels"]?.object, !labels.isEmpty else { return }
        pod.modify("spec") { spec in
            if spec.has("affinity") {
                spec.modify("affinity") { affinity in
                    for key in ["podAffinity", "podAntiAffinity"] {
                        affinity.modify(key) { terms in
                            terms.modify("requiredDuringSchedulingIgnoredDuringExecution") { list in
                                list.modifyElements { _, term in merge(&term, labels) }
                            }
                            terms.modify("preferredDuringSchedulingIgnoredDuringExecution") { list in
                                list.modifyElements { _, weighted in
                                    weighted.modify("podAffinityTerm") { merge(&$0, labels) }
                                }
                            }
                        }
                    }
                }
            }
            spec.modify("topologySpreadConstraints") { list in
                list.modifyElements { _, constraint in merge(&constraint, labels) }
            }
        }
    }

    private static func merge(_ term: inout JSON, _ labels: JSONObject) {
        guard term.has("labelSelector") else { return }
        for (member, op) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
            let keys = term.list(member)
            var added: [JSON] = []
            for key in keys {
                guard let name = key.string, let value = labels[name] else { continue }
                added.append(["key": key, "operator": .string(op), "values": [value]])
            }
            if added.isEmpty { continue }
            term["labelSelector", "matchExpressions"] = .array(
                (term["labelSelector"]?.list("matchExpressions") ?? []) + added)
        }
    }
}
