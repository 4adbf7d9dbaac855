import Document
import Expressions
import Schema

/// Expressions that choose devices.
enum DeviceSelectorRules {
    private static let selectorsMax = 32
    private static let expressionBytesMax = 10 * 1024
    private static let costMax: UInt64 = 1_000_000

    /// What such an expression can name.
    private static let environment: Environment = {
        let attributes = TypeDeclaration.map(
            of: .map(of: .scalar(.dyn, elementsMax: 64), elementsMax: 32), elementsMax: 32)
        let capacity = TypeDeclaration.map(of: .map(of: .scalar(.quantity), elementsMax: 32), elementsMax: 32)
        return Environment([
            "device": .object(
                "kubernetes.DRADevice",
                [
                    "driver": .scalar(.string, elementsMax: 63), "attributes": attributes, "capacity": capacity,
                    "allowMultipleAllocations": .bool,
                ])
        ])
    }()

    /// - Parameter isStored: whether the expressions were accepted before.
    static func validate(_ selectors: [JSON], _ at: String, isStored: Bool = false) -> [FieldError] {
        if selectors.count > selectorsMax { return [.tooMany(at, selectors.count, selectorsMax)] }
        var errors: [FieldError] = []
        for (i, selector) in selectors.enumerated() {
            guard let cel = selector.given("cel") else {
                errors.append(.required("\(at)[\(i)].cel"))
                continue
            }
            if !isStored { validate(cel.text("expression"), "\(at)[\(i)].cel.expression", &errors) }
        }
        return errors
    }

    private static func validate(_ text: String, _ at: String, _ errors: inout [FieldError]) {
        if text.utf8.count > expressionBytesMax {
            errors.append(.tooLong(at, expressionBytesMax))
            return
        }
        do throws(CompilationError) {
            let program = try Program(text, in: environment)
            guard program.type == .bool || program.type == .dyn else {
                errors.append(
                    .invalid(
                        at, .string(text), "must evaluate to bool or the unknown type, not \(program.type.text)"))
                return
            }
            if program.estimatedCost(in: environment).max > costMax {
                errors.append(.forbidden(at, "too complex, exceeds cost limit"))
            }
        } catch {
            errors.append(error.fieldError(at, text))
        }
    }
}
