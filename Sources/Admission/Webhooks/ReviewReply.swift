import Document
import Schema

/// Reads what a webhook's server answered as a review, with the words of upstream's REST client for what is none.
enum ReviewReply {
    /// Why an answer is none.
    struct Unreadable: Error { let message: String }

    static func document(_ reply: WebhookAnswer.Reply) throws(Unreadable) -> JSON {
        switch reply {
        case .failed(let message): throw Unreadable(message: message)
        case .answered(let status, let contentType, let body):
            guard (200..<300).contains(status) else { throw refused(status, body) }
            if body.isEmpty {
                throw Unreadable(
                    message: "0-length response with status code: \(status) and content type: \(contentType)")
            }
            let parsed: JSON
            do { parsed = try JSON(parsing: body) } catch {
                throw Unreadable(message: "couldn't get version/kind; json parse error: \(error.message)")
            }
            if parsed["kind"]?.string == "Status", parsed["status"]?.string == "Failure" {
                throw Unreadable(message: parsed["message"]?.string ?? "unknown")
            }
            guard parsed.object != nil else {
                throw Unreadable(
                    message:
                        "couldn't get version/kind; json parse error: json: cannot unmarshal \(name(parsed)) into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }"
                )
            }
            return parsed
        }
    }

    private static func name(_ value: JSON) -> String {
        switch value {
        case .string: "string"
        case .array: "array"
        case .bool: "bool"
        case .int, .double: "number"
        case .null: "null"
        case .object: "object"
        }
    }

    /// What the client says of a status that is no success.
    private static func refused(_ status: Int, _ body: [UInt8]) -> Unreadable {
        if let said = try? JSON(parsing: body), said["kind"]?.string == "Status",
            let message = said["message"]?.string, !message.isEmpty
        {
            return Unreadable(message: message)
        }
        var text = String(decoding: body, as: UTF8.self)
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        if text.isEmpty { text = "unknown" }
        switch status {
        case 400: text = "the server rejected our request for an unknown reason"
        case 401: text = "the server has asked for the client to provide credentials"
        case 403, 415: break
        case 404: text = "the server could not find the requested resource"
        case 405: text = "the server does not allow this method on the requested resource"
        case 406:
            if text == "unknown" {
                text = "the server was unable to respond with a content type that the client supports"
            }
        case 409: text = "the server reported a conflict"
        case 422: text = "the server rejected our request due to an error in our request"
        case 429:
            text = "the server has received too many requests and has asked us to try again later"
        case 503: text = "the server is currently unable to handle the request"
        case 504:
            text =
                "the server was unable to return a response in the time allotted, but may still be processing the request"
        case 500...: text = "an error on the server (\(goQuoted(text))) has prevented the request from succeeding"
        default: text = "the server responded with the status code \(status) but did not return more information"
        }
        return Unreadable(message: text)
    }
}

/// Words as Go writes them.
enum GoText {
    /// A group, version and kind as `%v` writes it: `admission.k8s.io/v1, Kind=AdmissionReview`.
    static func kind(_ apiVersion: String, _ kind: String) -> String {
        "\(apiVersion.contains("/") ? apiVersion : "/" + apiVersion), Kind=\(kind)"
    }
}
