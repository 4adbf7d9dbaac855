import Document
import Glibc

/// What libFuzzer calls with each input. The environment's FUZZ_TARGET says what reads it: one of the names in `targets`.
///
/// A target may refuse its input in any way but a trap, a hang or a heap full of memory, and what it accepts must hold to what the
/// target says of it (`require`).
@_cdecl("LLVMFuzzerTestOneInput") public func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    selected(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

private let selected: @Sendable ([UInt8]) -> Void = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets[name] else {
        fatalError("FUZZ_TARGET must be one of \(targets.keys.sorted().joined(separator: ", "))")
    }
    return target
}()

private let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "json": JSONTarget.run, "yaml": YAMLTarget.run, "protobuf": ProtobufTarget.run,
    "selectors": SelectorTarget.run, "paths": PathTarget.run, "jsonpatch": PatchTarget.json,
    "mergepatch": PatchTarget.merge, "strategic": PatchTarget.strategic, "apply": PatchTarget.apply,
    "expressions": ExpressionTarget.run, "patterns": ExpressionTarget.patterns, "schemas": SchemaTarget.run,
    "tokens": TokenTarget.run, "records": RecordTarget.run,
]

/// What must hold whatever the input: a failure is a finding.
func require(_ holds: Bool, _ words: @autoclosure () -> String) {
    if !holds { fatalError(words()) }
}

extension [UInt8] {
    /// The input in two parts, at the first byte that stands in no UTF-8 text.
    var halves: (Self, Self) {
        guard let cut = firstIndex(of: 0xFF) else { return (self, []) }
        return (Array(self[..<cut]), Array(self[(cut + 1)...]))
    }
    var text: String { String(decoding: self, as: UTF8.self) }
}

// SwiftPM gives an executable's entry point the name of its module, so libFuzzer's own `main` is not used, but what that calls.
@_silgen_name("LLVMFuzzerRunDriver") private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("fuzz_main") public func fuzzMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments) { run($0, $1) }
}
