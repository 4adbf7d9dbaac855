import ClusterState
import Document
import Requests
import Schema
import Testing

@Suite struct TableTests {
    func cells(_ apiVersion: String, _ resource: String, _ object: String) throws -> [JSON] {
        let type = Catalog.builtin.resource(apiVersion: apiVersion, resource)!
        let rendering = TableRendering(
            type, format: AnswerFormat(projection: .table(version: "v1")), query: Query(), state: ClusterState(),
            now: Timestamp(rfc3339: "2026-01-05T10:00:00Z")!)
        let table = try JSON(parsing: rendering.single(Array(object.utf8)))
        let cells = table["rows"]![0]!["cells"]!.elements
        #expect(cells.count == table["columnDefinitions"]!.elements.count)
        return cells
    }

    @Test(arguments: [
        (#"{"phase":"Pending"}"#, "0/2 Pending 0"),
        (#"{"phase":"Failed","reason":"Evicted"}"#, "0/2 Evicted 0"),
        (
            #"{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}"#,
            "0/2 SchedulingGated 0"
        ),
        (
            #"{"phase":"Running","containerStatuses":[{"name":"a","ready":true,"restartCount":2,"state":{"running":{}},"lastState":{"terminated":{"finishedAt":"2026-01-05T09:59:30Z"}}},{"name":"b","ready":false,"restartCount":1,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}"#,
            "1/2 CrashLoopBackOff 3 (30s ago)"
        ),
        (
            #"{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"a","ready":true,"state":{"running":{}}},{"name":"b","state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}"#,
            "1/2 Running 0"
        ),
        (
            #"{"phase":"Pending","initContainerStatuses":[{"name":"i","restartCount":4,"state":{"terminated":{"exitCode":3}}}]}"#,
            "0/2 Init:ExitCode:3 4"
        ),
    ])
    func podStates(_ status: String, _ want: String) throws {
        let got = try cells(
            "v1", "pods",
            #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"a"},{"name":"b"}],"initContainers":[{"name":"i"}]},"status":\#(status)}"#
        )
        #expect(got[1...3].map { $0.string! }.joined(separator: " ") == want)
    }

    @Test func ages() throws {
        for (created, want) in [
            ("2026-01-05T09:58:30Z", "90s"), ("2026-01-05T09:55:20Z", "4m40s"), ("2026-01-05T07:30:00Z", "150m"),
            ("2026-01-05T05:30:00Z", "4h30m"), ("2026-01-04T00:00:00Z", "34h"), ("2026-01-01T08:00:00Z", "4d2h"),
            ("2025-01-05T10:00:00Z", "365d"), ("2023-01-01T10:00:00Z", "3y5d"), ("2026-01-05T11:00:00Z", "<invalid>"),
        ] {
            let got = try cells(
                "v1", "serviceaccounts", #"{"metadata":{"creationTimestamp":"\#(created)","name":"a"}}"#)
            #expect(got[1].string == want)
        }
    }

    @Test func everyKindHasAsManyCellsAsColumns() throws {
        for type in Catalog.builtin.resources where type.verbs.contains("list") {
            _ = try cells(type.apiVersion, type.resource, #"{"metadata":{"name":"x"}}"#)
        }
    }

    @Test func customColumns() throws {
        var cluster = Cluster()
        let definitions = Catalog.builtin.resource(apiVersion: "apiextensions.k8s.io/v1", "customresourcedefinitions")!
        cluster.put(
            definitions,
            #"""
            {"metadata":{"name":"widgets.example.com"},"spec":{"versions":[{"name":"v1","additionalPrinterColumns":[
            {"name":"Size","type":"integer","jsonPath":".spec.size"},
            {"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status","priority":1},
            {"name":"Label","type":"string","jsonPath":".metadata.labels['a\\.b/c']"},
            {"name":"Names","type":"string","jsonPath":".spec.items[*].name"},
            {"name":"Last","type":"string","jsonPath":".spec.items[-1].name"},
            {"name":"Since","type":"date","jsonPath":".metadata.creationTimestamp"},
            {"name":"None","type":"string","jsonPath":".spec.none"}]}]}}
            """#)
        let type = ResourceType(
            group: "example.com", version: "v1", resource: "widgets", kind: "Widget", singular: "widget",
            isNamespaced: true,
            verbs: ["get", "list"], schema: nil, isCustom: true)
        let rendering = TableRendering(
            type, format: AnswerFormat(projection: .table(version: "v1")), query: Query(), state: cluster.state,
            now: Timestamp(rfc3339: "2026-01-05T10:00:00Z")!)
        let object = #"""
            {"metadata":{"name":"w","creationTimestamp":"2026-01-05T09:59:00Z","labels":{"a.b/c":"l"}},"spec":{"size":3,"items":[{"name":"x"},{"name":"y"}]},"status":{"conditions":[{"type":"Other","status":"False"},{"type":"Ready","status":"True"}]}}
            """#
        let table = try JSON(parsing: rendering.single(Array(object.utf8)))
        #expect(table["rows"]?[0]?["cells"] == ["w", 3, "True", "l", "x y", "y", "60s", .null])
        #expect(
            table["columnDefinitions"]?[1]?["description"]
                == "Custom resource definition column (in JSONPath format): .spec.size")
    }
}
