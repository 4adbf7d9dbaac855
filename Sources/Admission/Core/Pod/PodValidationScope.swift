import Document

/// What the checks of a pod's specification need to know of its surroundings.
struct PodValidationScope {
    /// The specification stands in a Pod, not in a template.
    var isPod = false
    /// The pod's name, when it is known: claims of its ephemeral volumes are named after it.
    var podName = ""
    /// Keeps objects writable that were stored with selectors which are refused today.
    var allowsInvalidSelectorValues = false

    // Filled in from the specification while it is checked.
    var volumes: [String: JSON] = [:]
    var claimNames: Set<String> = []
    var restartPolicy = ""
    var gracePeriod: Int64?
    var sharesHostUsers = true
}
