import ClusterState
import Document
import Records
import Requests
import Schema
import Testing

@Suite struct WatchTests {
    func filter(_ cluster: Cluster, _ text: String, _ format: AnswerFormat = .json) throws -> WatchFilter {
        let query = Query(parsing: text[...])
        let options = try ListOptions(query, isWatch: true)
        let selection = try Selection(configMaps, namespace: "n", options: options, state: cluster.state)
        return WatchFilter(selection, format: format, query: query, state: cluster.state)
    }

    @Test func objectsEnterAndLeaveTheSelection() throws {
        var cluster = Cluster()
        var watch = try filter(cluster, "labelSelector=t%3D1")
        var seen: [String] = []
        func note(_ made: (change: Change, before: StoredObject?, after: StoredObject?)) throws {
            guard watch.covers(made.change.key),
                let event = watch.event(
                    for: made.change, revision: cluster.state.revision, before: made.before, after: made.after)
            else {
                seen.append("-")
                return
            }
            let frame = watch.frame(event.type, event.body, key: made.change.key, now: Timestamp(seconds: 0))
            #expect(frame.last == 10)
            let json = try JSON(parsing: frame)
            seen.append(
                "\(json["type"]!.string!) \(json["object", "metadata", "labels", "t"]!.string!) \(json["object", "metadata", "resourceVersion"]!.string!)"
            )
        }
        try note(cluster.put(configMaps, #"{"metadata":{"labels":{"t":"1"},"name":"a","namespace":"n"}}"#))
        try note(
            cluster.put(configMaps, #"{"data":{"x":"y"},"metadata":{"labels":{"t":"1"},"name":"a","namespace":"n"}}"#))
        try note(cluster.put(configMaps, #"{"metadata":{"labels":{"t":"2"},"name":"a","namespace":"n"}}"#))
        try note(cluster.put(configMaps, #"{"metadata":{"labels":{"t":"1"},"name":"a","namespace":"n"}}"#))
        try note(cluster.put(configMaps, #"{"metadata":{"labels":{"t":"1"},"name":"a","namespace":"other"}}"#))
        try note(cluster.delete(ObjectKey(resource: "configmaps", namespace: "n", name: "a")))
        #expect(seen == ["ADDED 1 1", "MODIFIED 1 2", "DELETED 1 3", "ADDED 1 4", "-", "DELETED 1 4"])
    }

    @Test func bookmarksAndTables() throws {
        var cluster = Cluster()
        let plain = try filter(cluster, "")
        #expect(
            try JSON(parsing: plain.bookmark(revision: 7, endsInitialEvents: true)) == [
                "type": "BOOKMARK",
                "object": [
                    "kind": "ConfigMap", "apiVersion": "v1",
                    "metadata": ["resourceVersion": "7", "annotations": ["k8s.io/initial-events-end": "true"]],
                ],
            ])
        var table = try filter(cluster, "", AnswerFormat(projection: .table(version: "v1")))
        let made = cluster.put(configMaps, #"{"metadata":{"name":"a","namespace":"n"}}"#)
        let first = try JSON(
            parsing: table.frame(.added, made.change.body, key: made.change.key, now: Timestamp(seconds: 0)))
        let second = try JSON(
            parsing: table.frame(.modified, made.change.body, key: made.change.key, now: Timestamp(seconds: 0)))
        #expect(first["object", "columnDefinitions"]?.elements.count == 3)
        #expect(second["object", "columnDefinitions"] == .null)
        #expect(second["object", "rows"]?.elements.count == 1)
    }

    @Test func whereItBegins() throws {
        func start(_ text: String) throws -> UInt64? {
            try WatchFilter.start(ListOptions(Query(parsing: text[...]), isWatch: true), current: 10, floor: 5)
        }
        #expect(try start("") == nil)
        #expect(try start("resourceVersion=0") == nil)
        #expect(try start("resourceVersion=7") == 7)
        #expect(try start("resourceVersion=7&sendInitialEvents=true&resourceVersionMatch=NotOlderThan") == nil)
        #expect(throws: APIError.self) { try start("resourceVersion=2") }
        #expect(throws: APIError.self) { try start("resourceVersion=11") }
    }
}
