/// Unicode's general categories as patterns name them: `L`, `Lu`, `Nd`.
enum GeneralCategories {
    /// The characters of a category, or of all whose names begin with its one letter, in order; none for a name that there is not.
    static func ranges(_ name: String) -> [ClosedRange<UInt32>] {
        guard name.utf8.count == 1 else { return byName[name] ?? [] }
        let all = byName.filter { $0.key.hasPrefix(name) }.values.joined()
        return all.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// Made when a pattern first names a category.
    private static let byName: [String: [ClosedRange<UInt32>]] = {
        var out: [String: [ClosedRange<UInt32>]] = [:]
        var first: UInt32 = 0
        var current: String?
        for value in UInt32(0)...0x110000 {
            let name = Unicode.Scalar(value).flatMap { Self.name($0.properties.generalCategory) }
            if name == current { continue }
            if let current { out[current, default: []].append(first...(value - 1)) }
            (first, current) = (value, name)
        }
        return out
    }()

    /// nil for what is not assigned.
    private static func name(_ category: Unicode.GeneralCategory) -> String? {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .privateUse: "Co"
        case .surrogate: "Cs"
        case .unassigned: nil
        @unknown default: nil
        }
    }
}
