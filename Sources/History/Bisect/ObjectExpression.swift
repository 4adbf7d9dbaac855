import Document
import Expressions
import Schema

/// An expression (CEL) about one object: `object.status.readyReplicas < object.spec.replicas`. While there is no such object it is null.
struct ObjectExpression: Sendable {
    private let program: Program

    init(_ text: String) throws(APIError) {
        do throws(CompilationError) {
            program = try Program(text, in: Environment(["object": .dyn]))
        } catch {
            throw .badRequest("when: the expression \"\(text)\" cannot be read: \(error.message)")
        }
        guard program.type == .bool || program.type == .dyn else {
            throw .badRequest("when: the expression \"\(text)\" is neither true nor false")
        }
    }

    private func evaluate(_ object: JSON?) -> Evaluation {
        var activation = Activation(["object": Value(object ?? .null)])
        return program.evaluate(&activation)
    }

    /// Whether it is true of the object. One that fails, because a field is not there, is not.
    func holds(_ object: JSON?) -> Bool { evaluate(object).isTrue }

    /// Why it comes to no answer; nil when it does.
    func failure(_ object: JSON?) -> String? {
        switch evaluate(object).result {
        case .success(.bool): nil
        case .success: "the expression is neither true nor false"
        case .failure(let error): error.message
        }
    }
}

extension Substring {
    /// Without blanks at its ends.
    var trimmingSpace: String {
        var text = self
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
