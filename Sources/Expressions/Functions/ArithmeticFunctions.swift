/// Sums, products and what is left of them, of numbers, times, strings and lists.
enum ArithmeticFunctions {
    private static let overflow = EvaluationError("integer overflow")
    private static let unsignedOverflow = EvaluationError("unsigned integer overflow")
    private static let durationOverflow = EvaluationError("integer overflow")
    private static let timestampOverflow = EvaluationError("timestamp overflow")

    static let all: [FunctionDeclaration] = [
        FunctionDeclaration(
            "_+_",
            [
                .plain("add_bytes", [.bytes, .bytes], .bytes), .plain("add_double", [.double, .double], .double),
                .plain("add_duration_duration", [.duration, .duration], .duration),
                .plain("add_duration_timestamp", [.duration, .timestamp], .timestamp),
                .plain("add_timestamp_duration", [.timestamp, .duration], .timestamp),
                .plain("add_int64", [.int, .int], .int), .plain("add_list", [.listOfA, .listOfA], .listOfA),
                .plain("add_string", [.string, .string], .string), .plain("add_uint64", [.uint, .uint], .uint),
            ], add),
        FunctionDeclaration(
            "_-_",
            [
                .plain("subtract_double", [.double, .double], .double),
                .plain("subtract_duration_duration", [.duration, .duration], .duration),
                .plain("subtract_int64", [.int, .int], .int),
                .plain("subtract_timestamp_duration", [.timestamp, .duration], .timestamp),
                .plain("subtract_timestamp_timestamp", [.timestamp, .timestamp], .duration),
                .plain("subtract_uint64", [.uint, .uint], .uint),
            ], subtract),
        FunctionDeclaration(
            "_*_",
            [
                .plain("multiply_double", [.double, .double], .double), .plain("multiply_int64", [.int, .int], .int),
                .plain("multiply_uint64", [.uint, .uint], .uint),
            ]
        ) { (_, a) throws(EvaluationError) in
            switch (a[0], a[1]) {
            case (.int(let x), .int(let y)): return .int(try whole(x.multipliedReportingOverflow(by: y)))
            case (.uint(let x), .uint(let y)): return .uint(try positive(x.multipliedReportingOverflow(by: y)))
            case (.double(let x), .double(let y)): return .double(x * y)
            default: throw .noSuchOverload
            }
        },
        FunctionDeclaration(
            "_/_",
            [
                .plain("divide_double", [.double, .double], .double), .plain("divide_int64", [.int, .int], .int),
                .plain("divide_uint64", [.uint, .uint], .uint),
            ]
        ) { (_, a) throws(EvaluationError) in
            switch (a[0], a[1]) {
            case (.int, .int(0)), (.uint, .uint(0)): throw EvaluationError("division by zero")
            case (.int(let x), .int(let y)): return .int(try whole(x.dividedReportingOverflow(by: y)))
            case (.uint(let x), .uint(let y)): return .uint(x / y)
            case (.double(let x), .double(let y)): return .double(x / y)
            default: throw .noSuchOverload
            }
        },
        FunctionDeclaration(
            "_%_",
            [.plain("modulo_int64", [.int, .int], .int), .plain("modulo_uint64", [.uint, .uint], .uint)]
        ) { (_, a) throws(EvaluationError) in
            switch (a[0], a[1]) {
            case (.int, .int(0)), (.uint, .uint(0)): throw EvaluationError("modulus by zero")
            case (.int(let x), .int(let y)): return .int(try whole(x.remainderReportingOverflow(dividingBy: y)))
            case (.uint(let x), .uint(let y)): return .uint(x % y)
            default: throw .noSuchOverload
            }
        },
        FunctionDeclaration(
            "-_", [.plain("negate_double", [.double], .double), .plain("negate_int64", [.int], .int)]
        ) { (_, a) throws(EvaluationError) in
            switch a[0] {
            case .int(let x): return .int(try whole(Int64(0).subtractingReportingOverflow(x)))
            case .double(let x): return .double(-x)
            default: throw .noSuchOverload
            }
        },
    ]

    private static func whole(_ r: (partialValue: Int64, overflow: Bool)) throws(EvaluationError) -> Int64 {
        if r.overflow { throw overflow }
        return r.partialValue
    }
    private static func positive(_ r: (partialValue: UInt64, overflow: Bool)) throws(EvaluationError) -> UInt64 {
        if r.overflow { throw unsignedOverflow }
        return r.partialValue
    }

    private static func add(_ e: inout Evaluator, _ a: [Value]) throws(EvaluationError) -> Value {
        switch (a[0], a[1]) {
        case (.int(let x), .int(let y)): return .int(try whole(x.addingReportingOverflow(y)))
        case (.uint(let x), .uint(let y)): return .uint(try positive(x.addingReportingOverflow(y)))
        case (.double(let x), .double(let y)): return .double(x + y)
        case (.string(let x), .string(let y)):
            try e.spend((x.utf8.count + y.utf8.count) / 8)
            return .string(x + y)
        case (.bytes(let x), .bytes(let y)):
            try e.spend((x.count + y.count) / 8)
            return .bytes(x + y)
        case (.duration(let x), .duration(let y)):
            let sum = x.addingReportingOverflow(y)
            if sum.overflow { throw durationOverflow }
            return .duration(sum.partialValue)
        case (.timestamp(let t), .duration(let d)), (.duration(let d), .timestamp(let t)):
            guard let moment = t.adding(d) else { throw timestampOverflow }
            return .timestamp(moment)
        default:
            guard let x = a[0].elements, let y = a[1].elements else { throw .noSuchOverload }
            try e.spend((x.count + y.count) / 4)
            return .list(x + y)
        }
    }

    private static func subtract(_ e: inout Evaluator, _ a: [Value]) throws(EvaluationError) -> Value {
        switch (a[0], a[1]) {
        case (.int(let x), .int(let y)): return .int(try whole(x.subtractingReportingOverflow(y)))
        case (.uint(let x), .uint(let y)): return .uint(try positive(x.subtractingReportingOverflow(y)))
        case (.double(let x), .double(let y)): return .double(x - y)
        case (.duration(let x), .duration(let y)):
            let difference = x.subtractingReportingOverflow(y)
            if difference.overflow { throw durationOverflow }
            return .duration(difference.partialValue)
        case (.timestamp(let t), .duration(let d)):
            guard d != .min, let moment = t.adding(-d) else { throw timestampOverflow }
            return .timestamp(moment)
        case (.timestamp(let x), .timestamp(let y)):
            guard let difference = x.since(y) else { throw timestampOverflow }
            return .duration(difference)
        default: throw .noSuchOverload
        }
    }
}
