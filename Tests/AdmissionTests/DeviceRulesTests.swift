import Admission
import Document
import Schema
import Testing

/// One thing wrong with a kind of resource.k8s.io, and what is said about it.
@Suite struct DeviceRulesTests {
    private let slice: JSON = [
        "metadata": ["name": "s"],
        "spec": [
            "driver": "d.x", "nodeName": "n", "pool": ["name": "p", "generation": 1, "resourceSliceCount": 1],
            "devices": [
                [
                    "name": "d", "allowMultipleAllocations": true, "attributes": ["a": ["string": "x"]],
                    "capacity": [
                        "c": ["value": "3", "requestPolicy": ["default": "1", "validValues": ["1", "2"]]],
                        "r": [
                            "value": "10",
                            "requestPolicy": ["default": "2", "validRange": ["min": "1", "max": "9", "step": "1"]],
                        ],
                    ],
                    "taints": [["key": "k", "effect": "NoSchedule"]],
                ]
            ],
        ],
    ]
    private let claim: JSON = [
        "metadata": ["name": "c"],
        "spec": [
            "devices": [
                "requests": [["name": "r", "exactly": ["deviceClassName": "c"]]],
                "constraints": [["requests": ["r"], "matchAttribute": "a.b/c"]],
                "config": [["requests": ["r"], "opaque": ["driver": "d.x", "parameters": [:]]]],
            ]
        ],
    ]

    private func refusals(_ resource: String, _ body: JSON) -> [String] {
        causes { () throws(APIError) in
            var kinds = Kinds("resource.k8s.io/v1", resource)
            try kinds.create(body)
        }
    }

    /// The same object with another first device.
    private func device(_ change: (inout JSON) -> Void) -> JSON {
        var body = slice
        body.modify("spec") { $0.modify("devices") { $0.modifyElements { _, device in change(&device) } } }
        return body
    }

    @Test func aSliceOfManyKindsOfCapacityIsTaken() throws {
        var kinds = Kinds("resource.k8s.io/v1", "resourceslices")
        let made = try kinds.create(slice)
        let taint = made["spec", "devices"]?.elements[0]["taints"]?.elements[0]
        #expect(taint?["timeAdded"]?.string != nil, "a taint says since when it is there")
    }

    @Test(arguments: [
        ("version", "1.2", ".version: Invalid value: \"1.2\": must be a string compatible with semver.org spec 2.0.0"),
        (
            "version", "01.2.3",
            ".version: Invalid value: \"01.2.3\": must be a string compatible with semver.org spec 2.0.0"
        ),
        (
            "version", "1.2.3-01",
            ".version: Invalid value: \"1.2.3-01\": must be a string compatible with semver.org spec 2.0.0"
        ),
        ("version", "1.2.3-a.1+b", ""),
    ])
    func anAttributesVersionIsSemantic(_ field: String, _ value: String, _ said: String) {
        let found = refusals("resourceslices", device { $0["attributes"] = ["a": [field: .string(value)]] })
        #expect(found == (said.isEmpty ? [] : ["spec.devices[0].attributes[a]" + said]))
    }

    @Test func anAttributeHasOneValue() {
        let found = refusals("resourceslices", device { $0["attributes"] = ["a": ["string": "x", "int": 3]] })
        #expect(
            found == [
                #"spec.devices[0].attributes[a]: Invalid value: {"IntValue":3,"BoolValue":null,"StringValue":"x","VersionValue":null,"IntValues":null,"BoolValues":null,"StringValues":null,"VersionValues":null}: exactly one value must be specified"#
            ])
    }

    @Test(
        arguments: [
            (
                ["default": "5", "validValues": ["1", "2"]],
                [".validValues: Invalid value: \"5\": default value is not valid according to the requestPolicy"]
            ),
            (["validValues": ["1"]], [".default: Required value: required when validValues is defined"]),
            (
                ["default": "1", "validValues": ["2", "1"]],
                [".validValues[1]: Invalid value: \"1\": values must be sorted in ascending order"]
            ),
            (
                ["default": "2", "validRange": ["min": "1", "step": "3"]],
                [
                    ".validRange.step: Invalid value: \"3\": one step 4 is larger than capacity value: 3",
                    ".validRange.step: Invalid value: \"2\": value is not a multiple of a given step (3) from (1)",
                ]
            ),
        ] as [(JSON, [String])])
    func howMuchMayBeTakenAgreesWithItself(_ policy: JSON, _ said: [String]) {
        let found = refusals(
            "resourceslices", device { $0["capacity"] = ["c": ["value": "3", "requestPolicy": policy]] })
        #expect(found == said.map { "spec.devices[0].capacity[c].requestPolicy" + $0 })
    }

    @Test func onlySharedDevicesHavePolicies() {
        let found = refusals("resourceslices", device { $0["allowMultipleAllocations"] = false })
        #expect(
            found
                == ["c", "r"].map {
                    "spec.devices[0].capacity[\($0)].requestPolicy: Forbidden: allowMultipleAllocations must be true"
                })
    }

    @Test(arguments: [
        ("matchAttribute", "x", "a fully qualified name must be a domain and a name separated by a slash"),
        ("matchAttribute", "a/b/c", "must not contain more than one slash"),
        ("distinctAttribute", "/x", "the domain must not be empty"),
    ])
    func attributesThatConstrainAreNamedInFull(_ field: String, _ name: String, _ said: String) {
        var body = claim
        body["spec", "devices", "constraints"] = [[field: .string(name)]]
        let found = refusals("resourceclaims", body)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("spec.devices.constraints[0].\(field): Invalid value: ") ?? false)
        #expect(found.first?.hasSuffix(said) ?? false)
    }

    @Test(arguments: ["q", "r/x"])
    func whatRefersToARequestNamesOne(_ name: String) {
        var body = claim
        body["spec", "devices", "config"] = [
            ["requests": [.string(name)], "opaque": ["driver": "d.x", "parameters": [:]]]
        ]
        #expect(
            refusals("resourceclaims", body) == [
                "spec.devices.config[0].requests[0]: Invalid value: \"\(name)\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
            ])
    }

    @Test func administratorsAccessNeedsAMarkedNamespace() throws {
        var kinds = Kinds("resource.k8s.io/v1", "resourceclaims")
        var body = claim
        body["spec", "devices", "requests"] = [
            ["name": "r", "exactly": ["deviceClassName": "c", "adminAccess": true]]
        ]
        #expect(
            causes { () throws(APIError) in try kinds.create(body) }.first?.hasPrefix(
                "spec.devices.requests[0].adminAccess: Forbidden") ?? false)
    }

    @Test(arguments: [
        ("device.driver == 'a'", ""), ("device.attributes['a'].b", ""),
        ("1.5", "must evaluate to bool or the unknown type, not double"),
        ("devices", "undeclared reference to 'devices'"),
    ])
    func aSelectorsExpressionIsCompiled(_ text: String, _ said: String) {
        let found = refusals(
            "deviceclasses",
            ["metadata": ["name": "c"], "spec": ["selectors": [["cel": ["expression": .string(text)]]]]])
        #expect(found.count == (said.isEmpty ? 0 : 1))
        #expect(found.first?.contains(said) ?? true)
    }

    @Test func aClaimsDevicesAreShownInUpstreamsForm() throws {
        var kinds = Kinds("resource.k8s.io/v1", "resourceclaims")
        let made = try kinds.create(claim)
        let found = causes { () throws(APIError) in
            try kinds.update(made) { $0["spec", "devices", "constraints"] = nil }
        }
        #expect(
            found.first?.hasPrefix("spec: Invalid value: {\"Devices\":{\"Requests\":[{\"Name\":\"r\",\"Exactly\":{")
                ?? false)
    }

    @Test func aStatusNamesOnlyAllocatedDevices() throws {
        var kinds = Kinds("resource.k8s.io/v1", "resourceclaims")
        let made = try kinds.create(claim)
        let found = causes { () throws(APIError) in
            try kinds.update(made, "status") {
                $0["status"] = [
                    "reservedFor": [["resource": "pods", "name": "p", "uid": "u"]],
                    "devices": [["driver": "d.x", "pool": "p", "device": "d"]],
                ]
            }
        }
        #expect(
            found == [
                #"status.devices[0]: Invalid value: {"Driver":"d.x","Pool":"p","Device":"d","ShareID":""}: must be an allocated device in the claim"#,
                "status.reservedFor: Forbidden: may not be specified when `allocated` is not set",
            ])
    }
}
