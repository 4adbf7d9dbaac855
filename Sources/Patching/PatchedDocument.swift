import Document

/// A document while a JSON patch works on it. The objects and arrays that operations reach into are taken apart, once; an operation
/// then costs what it changes, not the size of what it changes it in. Everything else stays as it was.
struct PatchedDocument {
    private var root: PatchedValue

    init(_ document: JSON) { root = .whole(document) }

    /// The document as it is now.
    var json: JSON { root.json }

    /// A change of one place.
    enum Edit {
        case add(PatchedValue)
        /// The member of an object need not be there, as in upstream's library; the element of an array must.
        case replace(PatchedValue)
        case remove
    }

    /// What stands at a place; nil when nothing does.
    func value(at pointer: JSONPointer) -> PatchedValue? {
        var value = root
        for token in pointer.tokens {
            guard let next = value[token] else { return nil }
            value = next
        }
        return value
    }

    /// The object or array that holds a place, whether anything is there or not; nil for the document itself.
    func holder(of pointer: JSONPointer) -> PatchedHolder? {
        if pointer.tokens.isEmpty { return nil }
        var value = root
        for token in pointer.tokens.dropLast() {
            guard let next = value[token] else { return nil }
            value = next
        }
        return value.isObject ? PatchedHolder(elements: nil) : value.elementCount.map { PatchedHolder(elements: $0) }
    }

    /// Makes a change; false, and nothing is changed, when its place is not there.
    mutating func make(_ edit: Edit, at pointer: JSONPointer) -> Bool {
        guard let last = pointer.tokens.last else {
            switch edit {
            case .add(let value), .replace(let value): root = value
            case .remove: return false
            }
            return true
        }
        root.takeApart()
        var value = root
        for token in pointer.tokens.dropLast() {
            guard let next = value.opened(token) else { return false }
            value = next
        }
        switch value {
        case .object(let members): return members.make(edit, last)
        case .array(let elements): return elements.make(edit, last)
        case .whole: return false
        }
    }
}

/// One value of a patched document: as it was given, or taken apart.
enum PatchedValue {
    case whole(JSON)
    case object(PatchedMembers)
    case array(PatchedElements)

    var json: JSON {
        switch self {
        case .whole(let json): json
        case .object(let members): members.json
        case .array(let elements): elements.json
        }
    }

    fileprivate var isObject: Bool {
        switch self {
        case .whole(.object), .object: true
        case .whole, .array: false
        }
    }

    fileprivate var elementCount: Int? {
        switch self {
        case .whole(.array(let elements)): elements.count
        case .array(let elements): elements.runs.count
        case .whole, .object: nil
        }
    }

    /// What a token of a pointer names in this value.
    subscript(token: String) -> PatchedValue? {
        switch self {
        case .whole(.object(let object)): object[token].map { .whole($0) }
        case .whole(.array(let elements)):
            PatchedElements.place(token, elements.count).map { .whole(elements[$0]) }
        case .object(let members): members.values[MemberName(token)]
        case .array(let elements): PatchedElements.place(token, elements.runs.count).map { elements.runs[$0] }
        case .whole: nil
        }
    }

    /// The object or array that a token names in this one, taken apart and kept so; nil when there is none.
    fileprivate func opened(_ token: String) -> PatchedValue? {
        guard var value = self[token] else { return nil }
        guard case .whole = value else { return value }
        value.takeApart()
        switch (self, value) {
        case (_, .whole): return nil
        case (.object(let members), _): members.values[MemberName(token)] = value
        case (.array(let elements), _):
            if let place = PatchedElements.place(token, elements.runs.count) { elements.runs[place] = value }
        case (.whole, _): return nil
        }
        return value
    }

    /// Scalars stay whole.
    fileprivate mutating func takeApart() {
        switch self {
        case .whole(.object(let object)): self = .object(PatchedMembers(object))
        case .whole(.array(let elements)): self = .array(PatchedElements(elements))
        default: break
        }
    }

    /// Whether it is that value. Costs no more than the smaller of the two.
    static func == (a: PatchedValue, b: JSON) -> Bool {
        switch (a, b) {
        case (.whole(let a), _): return a == b
        case (.object(let members), .object(let object)):
            return members.values.count == object.count
                && object.allSatisfy { key, value in members.values[MemberName(key)].map { $0 == value } ?? false }
        case (.array(let elements), .array(let others)):
            return elements.runs.count == others.count
                && zip(elements.runs.all.joined(), others).allSatisfy { $0 == $1 }
        default: return false
        }
    }
}

/// A member's name; names are the same when their bytes are.
struct MemberName: Hashable {
    let text: String
    init(_ text: String) { self.text = text }
    static func == (a: MemberName, b: MemberName) -> Bool { a.text.sameBytes(as: b.text) }
    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// The members of an object that a patch changes.
final class PatchedMembers {
    fileprivate(set) var values: [MemberName: PatchedValue]

    init(_ object: JSONObject) {
        values = Dictionary(minimumCapacity: object.count)
        for (key, value) in object { values[MemberName(key)] = .whole(value) }
    }

    var json: JSON {
        .object(JSONObject(unsorted: values.map { JSONObject.Entry(key: $0.text, value: $1.json) }))
    }

    fileprivate func make(_ edit: PatchedDocument.Edit, _ token: String) -> Bool {
        let name = MemberName(token)
        switch edit {
        case .add(let value), .replace(let value):
            values[name] = value
            return true
        case .remove: return values.removeValue(forKey: name) != nil
        }
    }
}

/// The elements of an array that a patch changes.
final class PatchedElements {
    fileprivate(set) var runs: Runs<PatchedValue>

    init(_ elements: [JSON]) { runs = Runs(elements.map { .whole($0) }) }

    var json: JSON { .array(runs.all.flatMap { $0.map(\.json) }) }

    /// The place that a token names in an array of that length: negative numbers count from its end, as upstream's library
    /// has it.
    static func place(_ token: String, _ count: Int) -> Int? {
        guard let number = Int(token) else { return nil }
        let place = number < 0 ? number + count : number
        return (0..<count).contains(place) ? place : nil
    }

    fileprivate func make(_ edit: PatchedDocument.Edit, _ token: String) -> Bool {
        switch edit {
        case .add(let value):
            guard let place = token == "-" ? runs.count : Self.place(token, runs.count + 1) else { return false }
            runs.insert(value, at: place)
        case .replace(let value):
            guard let place = Self.place(token, runs.count) else { return false }
            runs[place] = value
        case .remove:
            guard let place = Self.place(token, runs.count) else { return false }
            runs.remove(at: place)
        }
        return true
    }
}

/// A list in runs of bounded length: an insertion or removal moves the elements of one run, however long the list is.
struct Runs<Element> {
    /// A longer run is cut in two.
    static var lengthMax: Int { 512 }
    /// None is empty.
    private(set) var all: [[Element]] = []
    private(set) var count: Int

    init(_ elements: [Element]) {
        count = elements.count
        let length = Runs.lengthMax / 2
        for start in stride(from: 0, to: count, by: length) {
            all.append(Array(elements[start..<Swift.min(start + length, count)]))
        }
    }

    /// The run of a place and the place in it; the end of the list belongs to its last run.
    private func locate(_ place: Int) -> (run: Int, offset: Int) {
        var offset = place
        for run in all.indices {
            if offset < all[run].count || (run == all.count - 1 && offset == all[run].count) { return (run, offset) }
            offset -= all[run].count
        }
        return (all.count, 0)
    }

    subscript(place: Int) -> Element {
        get {
            let (run, offset) = locate(place)
            return all[run][offset]
        }
        set {
            let (run, offset) = locate(place)
            all[run][offset] = newValue
        }
    }

    mutating func insert(_ element: Element, at place: Int) {
        count += 1
        let (run, offset) = locate(place)
        if run == all.count {
            all.append([element])
            return
        }
        all[run].insert(element, at: offset)
        guard all[run].count > Runs.lengthMax else { return }
        let half = Runs.lengthMax / 2
        all.insert(Array(all[run][half...]), at: run + 1)
        all[run].removeSubrange(half...)
    }

    mutating func remove(at place: Int) {
        count -= 1
        let (run, offset) = locate(place)
        all[run].remove(at: offset)
        if all[run].isEmpty { all.remove(at: run) }
    }
}
