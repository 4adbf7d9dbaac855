/// Whether upstream keeps an amount as a 64-bit integer of units, which its text decides: what has a fraction, or more digits
/// than are safe to multiply, is kept as a decimal and is no integer however whole it is.
enum IntegerAmount {
    /// Digits that a number may have and still be multiplied by what its suffix stands for.
    private static let digitsMax = 18
    private static let binaryDigitsMax = 15
    private static let decimal: [Substring: Int] = ["": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18]
    private static let binary: [Substring: Int] = ["Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60]

    /// - Parameter text: a quantity.
    static func isOne(_ text: String) -> Bool {
        let unsigned = text.drop { $0 == "+" || $0 == "-" }
        let digits = unsigned.prefix { ("0"..."9").contains($0) }
        var rest = unsigned.dropFirst(digits.count)
        var places = 0
        if rest.hasPrefix(".") {
            let fraction = rest.dropFirst().prefix { ("0"..."9").contains($0) }
            places = fraction.utf8.count
            rest = rest.dropFirst(1 + places)
        }
        let number = digits.drop { $0 == "0" }
        let count = Swift.max(number.utf8.count, 1)
        if let exponent = binary[rest] {
            return places == 0 && binaryDigitsMax - count - exponent * 3 / 10 - 1 >= 0
        }
        guard let exponent = decimal[rest] ?? (rest.lowercased().hasPrefix("e") ? Int(rest.dropFirst()) : nil),
            digitsMax - count - places >= 0, exponent >= places
        else { return false }
        var value = Int64(String(number + unsigned.dropFirst(digits.count + 1).prefix(places))) ?? 0
        if value == 0 { return true }  // however often it would be multiplied
        for _ in 0..<(exponent - places) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return false }
            value = product
        }
        return true
    }
}
