/// How much of a message is read. A message can say with two bytes what takes hundreds in memory.
struct ProtobufBudget {
    /// Fields of all messages together, known or not.
    static let fieldsMax = 256 * 1024
    private var fieldsLeft = fieldsMax
    private var structuresLeft = Conformer.structuresMax

    mutating func takeField() throws(APIError) {
        fieldsLeft -= 1
        if fieldsLeft < 0 { throw .tooManyParts("limit is \(Self.fieldsMax) values") }
    }

    mutating func takeStructure(_ type: TypeSchema) throws(APIError) {
        structuresLeft -= 1
        if structuresLeft < 0 {
            throw .tooManyParts("\(type.shortName): limit is \(Conformer.structuresMax) structures")
        }
    }
}
