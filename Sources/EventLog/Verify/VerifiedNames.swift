import Records

/// Names and objects read into memory.
final class VerifiedNames: RecordNames {
    var texts: [UInt64: [UInt8]] = [:]
    var objects: [UInt64: ObjectIdentity] = [:]
    func name(_ number: UInt64) throws(RecordError) -> [UInt8] {
        guard let text = texts[number] else { throw RecordError("name \(number) is missing or damaged") }
        return text
    }
    func object(_ number: UInt64) throws(RecordError) -> ObjectIdentity {
        guard let object = objects[number] else { throw RecordError("object \(number) is missing or damaged") }
        return object
    }
    func all(_ numbers: Range<UInt64>) throws(RecordError) -> [[UInt8]] {
        guard numbers.count <= texts.count else { throw RecordError("names are missing") }
        var all: [[UInt8]] = []
        for number in numbers { all.append(try name(number)) }
        return all
    }
}
