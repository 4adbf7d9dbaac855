import Requests
import Schema
import Testing

@Suite struct OptionsTests {
    func message(_ query: String, watch: Bool = false) -> String {
        do {
            _ = try ListOptions(Query(parsing: query[...]), isWatch: watch)
            return ""
        } catch { return error.message }
    }

    @Test func listRefusals() {
        #expect(message("limit=x") == "strconv.ParseInt: parsing \"x\": invalid syntax")
        #expect(
            message("resourceVersionMatch=Exact")
                == "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
        )
        #expect(
            message("resourceVersion=1&resourceVersionMatch=Sometimes")
                == "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Unsupported value: \"Sometimes\": supported values: \"Exact\", \"NotOlderThan\", \"\""
        )
        #expect(
            message("sendInitialEvents=true", watch: true)
                == "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        )
        #expect(message("labelSelector=app%20in%20web") == "unable to parse requirement: found 'web' expected: '('")
        #expect(
            message("fieldSelector=status.phase") == "invalid selector: 'status.phase'; can't understand 'status.phase'"
        )
    }

    @Test func writeRefusals() {
        #expect(throws: APIError.self) { try WriteOptions(Query(parsing: "dryRun=Some"[...]), .create) }
        do {
            _ = try WriteOptions(Query(parsing: "dryRun=Some"[...]), .create)
        } catch {
            #expect(
                error.message
                    == "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\""
            )
        }
    }

    @Test func selectorsMatch() throws {
        let labels: [(key: String, value: String)] = [("app", "web"), ("n", "5"), ("tier", "front")]
        for text in ["app=web", "app", "!gone", "tier in (back,front)", "gone notin (x)", "n>4,n<6", "app!=x", ""] {
            #expect(try LabelSelector(parsing: text).matches(labels), "\(text)")
        }
        for text in ["app=x", "gone", "!app", "tier notin (front)", "n>5", "gone=x"] {
            #expect(try !LabelSelector(parsing: text).matches(labels), "\(text)")
        }
        let selector = try FieldSelector(parsing: "a=x\\,y,b!=z,c==")
        #expect(selector.matches { ["a": "x,y", "b": ""][$0] ?? "" })
        #expect(selector.requiredValue("a") == "x,y")
    }
}
