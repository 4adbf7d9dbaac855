import Schema

/// The rules of this group's kinds.
enum AutoscalingRules {
    static let entries: [RuleBook.Entry] = [
        (.init(group: "autoscaling", resource: "horizontalpodautoscalers"), HorizontalPodAutoscalerRules())
    ]
}
