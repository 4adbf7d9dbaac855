import Document
import Records

/// One thing that is wrong, with what shows it and the command that shows more.
struct Finding {
    enum Severity: Int {
        case critical, warning, notice
        var word: String {
            switch self {
            case .critical: "critical"
            case .warning: "warning"
            case .notice: "notice"
            }
        }
    }
    let severity: Severity
    /// A word for scripts: `CrashingPods`, `Fight`.
    let kind: String
    let title: String
    var objects: [JSON] = []
    var evidence: [String] = []
    /// How many times, or how many objects.
    var count = 1
    /// The newest revision that shows it.
    var revision: UInt64?
    var command = ""

    /// The worst first; of the same, the one that concerns more.
    var rank: Int { severity.rawValue * 1_000_000 - min(count, 999_999) }

    var json: JSON {
        var json: JSON = [
            "severity": .string(severity.word), "kind": .string(kind), "title": .string(title),
            "objects": .array(objects), "evidence": .array(evidence.map { .string($0) }), "count": .int(Int64(count)),
        ]
        if let revision { json["revision"] = .int(Int64(revision)) }
        if !command.isEmpty { json["command"] = .string(command) }
        return json
    }
}
