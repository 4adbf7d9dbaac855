import ClusterState
import Document
import Records
import Requests
import Schema
import Testing

@Suite struct ListTests {
    let now = Timestamp(seconds: 1_700_000_100)

    func cluster(_ names: [String], namespace: String = "n") -> Cluster {
        var cluster = Cluster()
        for name in names {
            cluster.put(
                configMaps,
                #"{"data":{"k":"v"},"metadata":{"labels":{"t":"\#(name)"},"name":"\#(name)","namespace":"\#(namespace)"}}"#
            )
        }
        return cluster
    }

    func list(_ cluster: Cluster, _ text: String, _ format: AnswerFormat = .json, type: ResourceType = configMaps)
        throws -> JSON
    {
        let query = Query(parsing: text[...])
        let options = try ListOptions(query, isWatch: false)
        let plan = try ListPlan(options, namespace: "n", current: cluster.state.revision, floor: 1)
        let selection = try Selection(type, namespace: "n", options: options, state: cluster.state)
        let answer = ListAnswer(selection, plan: plan, state: cluster.state, query: query, format: format, now: now)
        var pieces = answer.chunks(ofAbout: 100)
        var streamed: [UInt8] = []
        var piece: [UInt8] = []
        while pieces.fill(&piece) { streamed += piece }
        #expect(streamed == answer.encoded())
        // The same with objects that come two at a time.
        var waiting = answer.objects
        func two() -> [StoredObject] {
            defer { waiting.removeFirst(min(2, waiting.count)) }
            return Array(waiting.prefix(2))
        }
        pieces = answer.showing(two()).chunks(ofAbout: 100, goesOn: true)
        streamed = []
        while true {
            if pieces.wantsMore { pieces.follow(with: two()) }
            guard pieces.fill(&piece) else { break }
            streamed += piece
        }
        #expect(streamed == answer.encoded())
        return try JSON(parsing: streamed)
    }

    @Test func itemsAreStoredBytesWithoutTheirType() throws {
        let answer = try list(cluster(["a"]), "")
        #expect(answer["kind"] == "ConfigMapList")
        #expect(answer["apiVersion"] == "v1")
        #expect(answer["metadata"] == ["resourceVersion": "1"])
        #expect(answer["items"]?[0]?.entries.keys == ["data", "metadata"])
        #expect(try list(cluster([]), "")["items"] == [])
    }

    @Test func pagesFollowEachOther() throws {
        let cluster = cluster(["a", "b", "c", "d", "e"])
        var names: [String] = []
        var query = "limit=2"
        var pages = 0
        while true {
            let page = try list(cluster, query)
            names += page["items"]!.elements.map { $0["metadata", "name"]!.string! }
            pages += 1
            guard let token = page["metadata", "continue"]?.string else { break }
            #expect(page["metadata", "remainingItemCount"] == .int(Int64(5 - names.count)))
            query = "limit=2&continue=" + token
        }
        #expect(names == ["a", "b", "c", "d", "e"])
        #expect(pages == 3)
    }

    @Test func selectorsAndProjections() throws {
        let cluster = cluster(["a", "b", "c"])
        let some = try list(cluster, "labelSelector=t%20in%20(a,c)&limit=1")
        #expect(some["items"]?.elements.count == 1)
        #expect(some["metadata", "remainingItemCount"] == nil)
        let one = try list(
            cluster, "fieldSelector=metadata.name%3Db", AnswerFormat(projection: .partialMetadata(version: "v1")))
        #expect(one["kind"] == "PartialObjectMetadataList")
        #expect(one["items"]?.elements.count == 1)
        #expect(one["items"]?[0]?["kind"] == "PartialObjectMetadata")
        #expect(one["items"]?[0]?["metadata", "name"] == "b")
        #expect(one["items"]?[0]?["data"] == nil)
        let table = try list(cluster, "labelSelector=t%3Da", AnswerFormat(projection: .table(version: "v1")))
        #expect(table["rows"]?[0]?["cells"]?[1] == 1)
        #expect(table["columnDefinitions"]?.elements.count == 3)
    }

    @Test(arguments: [
        ("resourceVersion=99", 504, "Timeout: Too large resource version: 99, current: 3"),
        (
            "resourceVersion=abc", 400,
            "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax"
        ),
        ("continue=garbage", 400, "invalid continue token: continue key is not valid: it holds no JSON object"),
        (
            "fieldSelector=spec.bogus%3D1", 400,
            "\"spec.bogus\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        ),
    ])
    func refusals(_ query: String, _ code: Int, _ message: String) {
        do {
            _ = try list(cluster(["a", "b", "c"]), query)
            Issue.record("not refused")
        } catch let error as APIError {
            #expect(error.code == code)
            #expect(error.message == message)
        } catch { Issue.record(error) }
    }

    @Test func whichRevisionIsRead() throws {
        func plan(_ query: String, floor: UInt64 = 5) throws -> ListPlan {
            try ListPlan(
                ListOptions(Query(parsing: query[...]), isWatch: false), namespace: "", current: 10, floor: floor
            )
        }
        #expect(try plan("").revision == nil)
        #expect(try plan("resourceVersion=7").revision == nil)
        #expect(try plan("resourceVersion=7&limit=5").revision == 7)
        #expect(try plan("resourceVersion=0&limit=5").limit == nil)
        #expect(try plan("resourceVersion=7&resourceVersionMatch=Exact").revision == 7)
        #expect(try plan("resourceVersion=7&limit=5&resourceVersionMatch=NotOlderThan").revision == nil)
        #expect(throws: APIError.gone("The resourceVersion for the provided list is too old.")) {
            try plan("resourceVersion=2&resourceVersionMatch=Exact")
        }
        let old = ContinueToken(revision: 2, namespace: "n", name: "a").encoded
        do {
            _ = try plan("continue=" + old)
        } catch let error as APIError {
            #expect(error.code == 410)
            #expect(try ContinueToken(error.continueToken ?? "").revision == nil)
        }
    }

    @Test func podsByNodeAndPhase() throws {
        var cluster = Cluster()
        for (name, node, phase) in [("a", "n1", "Running"), ("b", "n2", "Running"), ("c", "", "Pending")] {
            cluster.put(
                pods,
                #"{"metadata":{"name":"\#(name)","namespace":"n"},"spec":{"nodeName":"\#(node)"},"status":{"phase":"\#(phase)"}}"#
            )
        }
        func names(_ selector: String) throws -> [String] {
            try list(cluster, "fieldSelector=" + selector, type: pods)["items"]!.elements.map {
                $0["metadata", "name"]!.string!
            }
        }
        #expect(try names("spec.nodeName%3Dn1") == ["a"])
        #expect(try names("spec.nodeName%3D") == ["c"])
        #expect(try names("status.phase!%3DRunning") == ["c"])
        #expect(try names("spec.hostNetwork%3Dfalse,metadata.name!%3Da") == ["b", "c"])
    }

    /// Each page that the places of pages lead to, read by itself, is what reading from the beginning gives.
    @Test func placesOfPagesLeadToThem() throws {
        var cluster = Cluster()
        for i in 0..<23 {
            cluster.put(
                configMaps,
                #"{"metadata":{"labels":{"odd":"\#(i % 2)"},"name":"c\#(i)","namespace":"n\#(i % 3)"}}"#)
        }
        for (namespace, query) in [("", ""), ("n1", ""), ("", "labelSelector=odd%3D1"), ("", "labelSelector=odd%3D7")] {
            func read(_ more: String) throws -> ListAnswer {
                let query = Query(parsing: (query + more)[...])
                let options = try ListOptions(query, isWatch: false)
                let plan = try ListPlan(options, namespace: namespace, current: cluster.state.revision, floor: 1)
                let selection = try Selection(configMaps, namespace: namespace, options: options, state: cluster.state)
                return ListAnswer(
                    selection, plan: plan, state: cluster.state, query: query, format: .json, now: now)
            }
            let all = try read("").objects.map(\.key)
            let options = try ListOptions(Query(parsing: query[...]), isWatch: false)
            let selection = try Selection(configMaps, namespace: namespace, options: options, state: cluster.state)
            for pinned in [nil, cluster.state.revision] {
                let places = ListPages(selection, state: cluster.state, size: 4, pinned: pinned)
                #expect(places.total == all.count)
                #expect(places.pages.map(\.count).reduce(0, +) == all.count)
                var seen = 0
                for page in places.pages {
                    let token = page.continueToken.map { "&continue=" + $0 } ?? ""
                    let answer = try read("&limit=\(page.count)" + token)
                    let keys = answer.objects.map(\.key)
                    #expect(keys == Array(all[seen..<seen + page.count]) && keys.first == page.first)
                    seen += page.count
                    // How many are left is said as if the pages before had been read.
                    let left = try JSON(parsing: answer.encoded())["metadata", "remainingItemCount"]?.int ?? 0
                    #expect(left == (query.isEmpty ? Int64(all.count - seen) : 0))
                }
            }
        }
    }
}
