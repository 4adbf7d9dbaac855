/// One form of a function: its own name, what it takes and what it gives.
struct Overload: Sendable {
    /// Upstream's name for it, by which costs are reckoned.
    let id: String
    /// Whether it is called on its first argument: `x.size()`.
    let isMember: Bool
    let arguments: [ExpressionType]
    let result: ExpressionType

    static func plain(_ id: String, _ arguments: [ExpressionType], _ result: ExpressionType) -> Overload {
        Overload(id: id, isMember: false, arguments: arguments, result: result)
    }
    static func member(_ id: String, _ arguments: [ExpressionType], _ result: ExpressionType) -> Overload {
        Overload(id: id, isMember: true, arguments: arguments, result: result)
    }
}

/// A function with all its forms and what it does. A member's target is the first argument.
struct FunctionDeclaration: Sendable {
    typealias Body = @Sendable (inout Evaluator, [Value]) throws(EvaluationError) -> Value

    let name: String
    let overloads: [Overload]
    let body: Body

    init(_ name: String, _ overloads: [Overload], _ body: @escaping Body) {
        self.name = name
        self.overloads = overloads
        self.body = body
    }
}

/// Every function that there is.
enum FunctionTable {
    static let all: [String: FunctionDeclaration] = {
        var table: [String: FunctionDeclaration] = [:]
        let libraries: [[FunctionDeclaration]] = [
            LogicFunctions.all, ArithmeticFunctions.all, ContainerFunctions.all, ConversionFunctions.all,
            TimeFunctions.all, StringFunctions.all, ListFunctions.all, SetFunctions.all, OptionalFunctions.all,
            RegexFunctions.all, QuantityFunctions.all, NetworkFunctions.all, URLFunctions.all, SemverFunctions.all,
            FormatFunctions.all, AuthorizerFunctions.all, PatchFunctions.all,
        ]
        for function in libraries.joined() {
            guard let known = table[function.name] else {
                table[function.name] = function
                continue
            }
            // Two libraries share a name: the first one's body is asked first, the other one's when the types do not fit it.
            let (first, second) = (known.body, function.body)
            table[function.name] = FunctionDeclaration(function.name, known.overloads + function.overloads) {
                (evaluator, arguments) throws(EvaluationError) in
                do throws(EvaluationError) {
                    return try first(&evaluator, arguments)
                } catch {
                    guard error.message == EvaluationError.noSuchOverload.message else { throw error }
                    return try second(&evaluator, arguments)
                }
            }
        }
        return table
    }()
}

extension ExpressionType {
    /// The open types of declarations.
    static let a = ExpressionType.parameter("A")
    static let b = ExpressionType.parameter("B")
    static let listOfA = ExpressionType.list(.a)
    static let mapOfAToB = ExpressionType.map(.a, .b)
}
