import Document
import EventLog
import LogArchive
import Records
import Testing

@Suite struct RedactionTests {
    private static func redaction(_ subjects: Set<Redaction.Subject>) -> Redaction {
        Redaction(subjects) { KeyedCode.of($0, key: [1, 2, 3]) }
    }

    /// Equal values stay equal, others differ, and none can be read; what kubectl remembers of the object neither.
    @Test func secretsStayComparable() throws {
        let key = ObjectKey(resource: "secrets", namespace: "a", name: "s")
        let applied: JSON = ["data": ["x": "aHVudGVyMg=="]]
        let secret: JSON = [
            "data": ["x": "aHVudGVyMg==", "y": "aHVudGVyMg==", "z": "b3RoZXI="],
            "metadata": ["annotations": ["kubectl.kubernetes.io/last-applied-configuration": .string(applied.text)]],
        ]
        let bytes = Self.redaction([.secrets]).redacted(secret.encoded(), of: key)
        let out = try JSON(parsing: bytes)
        #expect(out["data", "x"] == out["data", "y"] && out["data", "x"] != out["data", "z"])
        #expect(!out.text.contains("aHVudGVyMg"))
        #expect(Self.redaction([]).redacted(secret.encoded(), of: key) == secret.encoded())
        // A value of another kind with the same name is nobody's secret.
        let other = ObjectKey(group: "example.com", resource: "secrets", namespace: "a", name: "s")
        #expect(Self.redaction([.secrets]).redacted(secret.encoded(), of: other) == secret.encoded())
    }

    /// Environment and arguments are found in pods, templates and revisions; names and references stay.
    @Test func environmentIsFoundAnywhere() throws {
        let container: JSON = [
            "name": "c", "args": ["--password=hunter2"],
            "env": [["name": "A", "value": "hunter2"], ["name": "B", "valueFrom": ["fieldRef": ["fieldPath": "x"]]]],
        ]
        for path in [["spec"], ["spec", "template", "spec"], ["data", "spec", "template", "spec"]] {
            var object: JSON = ["kind": "X"]
            object[path] = ["initContainers": [container], "containers": [container]]
            let key = ObjectKey(group: "apps", resource: "x", namespace: "a", name: "n")
            let out = Self.redaction([.env, .args]).redacted(object.encoded(), of: key)
            let text = String(decoding: out, as: UTF8.self)
            #expect(!text.contains("hunter2") && text.contains("fieldPath") && text.contains("\"A\""))
            let envOnly = String(decoding: Self.redaction([.env]).redacted(object.encoded(), of: key), as: UTF8.self)
            #expect(envOnly.contains("--password=hunter2") && !envOnly.contains("\"value\":\"hunter2\""))
        }
    }

    @Test func base64IsAsEverywhere() {
        for (text, code) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            var secret: JSON = ["data": ["k": .string(text)]]
            Redaction([.secrets]) { _ in "" }.redact(&secret, group: "", resource: "secrets")
            #expect(secret["data", "k"] == "cmVkYWN0ZWQt")
            #expect(Redaction.encoded(text) == code)
        }
    }
}
