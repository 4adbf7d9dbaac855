import Document

/// An APIService for every group and version that the server itself serves.
enum BootstrapAPIServices {
    private static let apiVersion = "apiregistration.k8s.io/v1"

    /// Group, version, and their places in discovery: a group of a higher number comes first, and so does a version.
    private static let served: [(group: String, version: String, groupPriority: Int64, versionPriority: Int64)] = [
        ("", "v1", 18000, 1),
        ("admissionregistration.k8s.io", "v1", 16700, 15),
        ("apiextensions.k8s.io", "v1", 16700, 15),
        ("apps", "v1", 17800, 15),
        ("authentication.k8s.io", "v1", 17700, 15),
        ("authorization.k8s.io", "v1", 17600, 15),
        ("autoscaling", "v1", 17500, 15),
        ("autoscaling", "v2", 17500, 30),
        ("batch", "v1", 17400, 15),
        ("certificates.k8s.io", "v1", 17300, 15),
        ("coordination.k8s.io", "v1", 16500, 15),
        ("discovery.k8s.io", "v1", 16200, 15),
        ("events.k8s.io", "v1", 17750, 15),
        ("flowcontrol.apiserver.k8s.io", "v1", 16100, 21),
        ("networking.k8s.io", "v1", 17200, 15),
        ("node.k8s.io", "v1", 16300, 15),
        ("policy", "v1", 17100, 15),
        ("rbac.authorization.k8s.io", "v1", 17000, 15),
        ("resource.k8s.io", "v1", 16200, 21),
        ("scheduling.k8s.io", "v1", 16600, 15),
        ("storage.k8s.io", "v1", 16800, 15),
    ]

    static var objects: [Bootstrap.Object] {
        served.map { place in
            var spec: JSON = [
                "groupPriorityMinimum": .int(place.groupPriority), "version": .string(place.version),
                "versionPriority": .int(place.versionPriority),
            ]
            if !place.group.isEmpty { spec["group"] = .string(place.group) }
            return (
                apiVersion, "apiservices",
                [
                    "apiVersion": .string(apiVersion), "kind": "APIService",
                    "metadata": [
                        "labels": ["kube-aggregator.kubernetes.io/automanaged": "onstart"],
                        "name": .string(place.version + "." + place.group),
                    ],
                    "spec": spec,
                ]
            )
        }
    }
}
