import Document
import Schema

/// Why a body is no object of the kind that it was sent for.
struct UnreadableBody: Error {
    /// What the decoder says.
    let text: String
    /// What the body says that it is; nil when it says nothing that can be read.
    let said: GroupVersionKind?
    /// The answer when it is not the words that matter: a body with too many parts.
    private var whole: APIError?

    /// What conforming threw.
    init(_ error: APIError, _ said: GroupVersionKind) {
        self.init(error.message, said)
        if error.code == 413 { whole = error }
    }
    init(_ text: String, _ said: GroupVersionKind) {
        self.text = text
        self.said = said
    }
    init(whole text: String) {
        self.text = text
        said = Optional.none
    }

    /// The answer to a create or an update: 400.
    func refusal(of type: ResourceType) -> APIError { refusal(ofKind: type.kind) }
    func refusal(ofKind kind: String) -> APIError {
        if let whole { return whole }
        guard let said else { return .badRequest(text) }
        return .badRequest("\(said.kind) in version \"\(said.version)\" cannot be handled as a \(kind): \(text)")
    }

    /// The answer to a patch that leads to it: 422 with `shown`, the patched object or the patch, as the value.
    func refusal(ofPatch shown: @autoclosure () -> String) -> APIError {
        whole
            ?? .invalid(GroupVersionKind(version: "", kind: ""), "", [.invalid("patch", .string(shown()), text)])
    }

    /// The same in the words of upstream's converter, which reads what a strategic merge patch leads to instead of the
    /// JSON decoder: it knows Go's kinds and no places.
    var ofConverter: UnreadableBody {
        guard let said, let found = text.firstRange(of: "json: cannot unmarshal "),
            let of = text.firstRange(of: " of type ")
        else { return self }
        let given = text[found.upperBound...].prefix { $0 != " " }
        let number = text[found.upperBound...].split(separator: " ").dropFirst().first ?? ""
        let isFraction = given == "number" && number.contains(".")
        let kind =
            switch given {
            case "number": isFraction ? "float64" : "int64"
            case "array": "slice"
            case "object": "map"
            default: String(given)
            }
        let wanted = String(text[of.upperBound...])
        if wanted == "[]uint8", kind == "string" { return self }
        if wanted.hasPrefix("[]") { return UnreadableBody("cannot restore slice from \(kind)", said) }
        if wanted.hasPrefix("map[") { return UnreadableBody("cannot restore map from \(kind)", said) }
        if wanted.contains(".") { return UnreadableBody("cannot restore struct from: \(kind)", said) }
        let isNumber = kind == "int64" || kind == "float64"
        if (kind == "int64" && wanted == "string") || (isNumber && wanted.hasPrefix("int")) {
            return UnreadableBody("cannot convert \(kind) to \(wanted)", said)
        }
        return UnreadableBody("unrecognized type: \(wanted)", said)
    }
}
