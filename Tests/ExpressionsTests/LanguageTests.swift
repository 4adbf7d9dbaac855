import Document
import Expressions
import Testing

/// The language itself: literals, operators, macros, and what goes wrong.
struct LanguageTests {
    static let literals: [(String, String)] = [
        ("1", "1"), ("-1", "-1"), ("0xff", "255"), ("-0x10", "-16"), ("1u", "1u"), ("0xFFu", "255u"), ("1.5", "1.5"),
        ("1e3", "1000.0"),
        (".5", "0.5"), ("'a'", "'a'"), ("\"a\"", "'a'"), ("'''a\nb'''", "'a\nb'"), ("r'\\n'", "'\\n'"),
        ("'\\n\\t'", "'\n\t'"),
        ("'\\x41\\u0042\\U00000043\\104'", "'ABCD'"), ("b'ab'", "b97,98"), ("b'\\xff'", "b255"),
        ("br'\\x'", "b92,120"), ("true", "true"), ("null", "null"), ("[1, 2]", "[1, 2]"), ("[1, 2,]", "[1, 2]"),
        ("{'a': 1}", "{\"a\":1}"),
        ("{'a': 1,}", "{\"a\":1}"), ("[]", "[]"), ("{}", "{}"), ("1 // one", "1"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "cannot compile: invalid int literal"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("18446744073709551616u", "cannot compile: invalid uint literal"),
        ("1e400", "cannot compile: invalid double literal"),
        ("[1, 'a']", "cannot compile: expected type 'int' but found 'string'"),
        ("[1, dyn('a')]", "cannot compile: expected type 'int' but found 'dyn'"),
        ("{'a': 1, 'b': 'c'}", "cannot compile: expected type 'int' but found 'string'"),
        ("'%s %s'.format([1, 'a'])", "'1 a'"),
        ("[1, 2].existsOne(x, x > 1)", "cannot compile: undeclared reference to 'existsOne' (in container '')"),
        ("'a'.matches('a**')", "cannot compile: invalid matches argument"),
        ("'a'.matches('(a{500}){3}')", "cannot compile: invalid matches argument"),
        ("'Ä1'.matches('^\\\\p{Lu}\\\\pN$')", "true"), ("'ä'.matches('[\\\\P{^L}]')", "true"),
        ("'\\ud800'", "cannot compile: unable to unescape string"),
    ]
    @Test(arguments: literals) func literal(_ text: String, _ shown: String) { #expect(ask(text) == shown) }

    static let operators: [(String, String)] = [
        ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("7 / 2", "3"), ("-7 / 2", "-3"), ("-7 % 3", "-1"),
        ("7.0 / 2.0", "3.5"),
        ("1 / 0", "error: division by zero"), ("1 % 0", "error: modulus by zero"), ("1.0 / 0.0", "inf"),
        ("9223372036854775807 + 1", "error: integer overflow"), ("-9223372036854775808 - 1", "error: integer overflow"),
        ("9223372036854775807 * 2", "error: integer overflow"), ("-(-9223372036854775808)", "error: integer overflow"),
        ("-9223372036854775808 / -1", "error: integer overflow"),
        ("-9223372036854775808 % -1", "error: integer overflow"),
        ("1u - 2u", "error: unsigned integer overflow"),
        ("18446744073709551615u + 1u", "error: unsigned integer overflow"),
        ("18446744073709551615u * 2u", "error: unsigned integer overflow"),
        ("1 + 1u", "cannot compile: found no matching overload for '_+_' applied to '(int, uint)'"),
        ("1 < 2u", "true"), ("1 < 1.5", "true"), ("-1 < 1u", "true"), ("2.0 >= 2", "true"), ("dyn(1) == 1.0", "true"),
        ("dyn(1) == 1u", "true"),
        ("dyn(9007199254740993) == 9007199254740992.0", "true"), ("dyn(1) == 'a'", "false"),
        ("1 == 'a'", "cannot compile: found no matching overload for '_==_' applied to '(int, string)'"),
        ("dyn('a') < 1", "error: no such overload"), ("'a' < 'b'", "true"), ("b'a' < b'b'", "true"),
        ("false < true", "true"),
        ("dyn(0.0 / 0.0) == 0.0 / 0.0", "false"), ("0.0 / 0.0 < 1.0", "error: NaN values cannot be ordered"),
        ("'a' + 'b'", "'ab'"), ("b'a' + b'b'", "b97,98"), ("[1] + [2]", "[1, 2]"), ("1 in [1, 2]", "true"),
        ("'a' in {'a': 1}", "true"),
        ("3 in [1, 2]", "false"), ("!true", "false"), ("!!true", "true"), ("--1", "1"), ("true ? 1 : 2", "1"),
        ("true || 1 / 0 == 1", "true"),
        ("1 / 0 == 1 || true", "true"), ("false && 1 / 0 == 1", "false"), ("1 / 0 == 1 && false", "false"),
        ("1 / 0 == 1 || false", "error: division by zero"),
        ("[1, 2][1]", "2"), ("[1][2]", "error: index out of bounds: 2"), ("{'a': 1}['b']", "error: no such key: b"),
        ("{'a': 1}.a", "1"),
        ("{1: 2}[1]", "2"), ("{1u: 2}[dyn(1)]", "2"), ("{'a': 1} == {'a': 1}", "true"), ("[1, 2] == [1, 2]", "true"),
        ("[[1]] == [[2]]", "false"),
        ("type(1) == int", "true"), ("type('a')", "string"), ("type(type(1)) == type", "true"),
        ("type(null) == null_type", "true"),
        ("type([]) == list", "true"), ("type({}) == map", "true"),
        ("type(timestamp(0)) == google.protobuf.Timestamp", "true"),
        ("x", "cannot compile: undeclared reference to 'x' (in container '')"),
        ("f(1)", "cannot compile: undeclared reference to 'f' (in container '')"),
        ("1.size()", "cannot compile: found no matching overload for 'size' applied to 'int.()'"),
        ("math.greatest(1, 2)", "cannot compile: undeclared reference to 'math' (in container '')"),
        ("1 + 'a'", "cannot compile: found no matching overload for '_+_' applied to '(int, string)'"),
        ("if", "cannot compile: reserved identifier: if"),
    ]
    @Test(arguments: operators) func operation(_ text: String, _ shown: String) { #expect(ask(text) == shown) }

    static let macros: [(String, String)] = [
        ("[1, 2].all(x, x > 0)", "true"), ("[1, 2].all(x, x > 1)", "false"), ("[].all(x, false)", "true"),
        ("[1, 2].exists(x, x > 1)", "true"),
        ("[1, 2].exists_one(x, x > 1)", "true"), ("[1, 2].exists_one(x, x > 0)", "false"),
        ("[1, 2].map(x, x * 2)", "[2, 4]"),
        ("[1, 2].map(x, x > 1, x * 2)", "[4]"), ("[1, 2].filter(x, x > 1)", "[2]"),
        ("{'a': 1, 'b': 2}.filter(k, k != 'a')", "['b']"),
        ("[0, 1].all(x, 1 / x == 2)", "false"), ("[1, 0].exists(x, 1 / x == 1)", "true"),
        ("[0, 1].exists(x, 1 / x == 1)", "true"),
        ("[0, 1].all(x, 1 / x == 1)", "error: division by zero"),
        ("[1, 0, 1].all(x, 1 / x == 1)", "error: division by zero"),
        ("[0].map(x, 1 / x)", "error: division by zero"), ("has({'a': 1}.a)", "true"), ("has({'a': 1}.b)", "false"),
        ("has(1)", "cannot compile: invalid argument to has() macro"),
        ("[1].all(1, true)", "cannot compile: argument must be a simple name"),
        ("[1].map(1, true)", "cannot compile: argument is not an identifier"),
        (
            "1.all(x, true)",
            "cannot compile: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"
        ),
        ("[1].all(x, 1)", "cannot compile: expected type 'bool' but found 'int'"),
        ("[[1, 2], [3]].map(l, l.map(x, x + size(l)))", "[[3, 4], [4]]"), ("[1, 2].all(i, v, i == v - 1)", "true"),
        ("[1, 2].exists(i, v, i == v)", "false"),
        ("{'a': 1}.all(k, v, k == 'a' && v == 1)", "true"), ("[1, 2].existsOne(i, v, v == 2)", "true"),
        ("[3, 4].transformList(i, v, i * v)", "[0, 4]"),
        ("[3, 4].transformList(i, v, i > 0, i * v)", "[4]"), ("{'a': 1}.transformMap(k, v, v + 1)", "{\"a\":2}"),
        ("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v)", "{\"b\":2}"),
        ("['a', 'b'].transformMapEntry(i, v, {v: i})", "{\"a\":0,\"b\":1}"),
        ("['a', 'a'].transformMapEntry(i, v, {v: i})", "error: insert failed: key a already exists"),
        ("[1].all(i, i, true)", "cannot compile: duplicate variable name: i"),
        ("{'b': [1]}.b.map(x, {'c': x})[0].c", "1"),
        ("[1, 2, 3].map(x, [x]).map(y, y[0]).filter(z, z > 1)", "[2, 3]"),
    ]
    @Test(arguments: macros) func macro(_ text: String, _ shown: String) { #expect(ask(text) == shown) }

    static let optionals: [(String, String)] = [
        ("optional.of(1)", "optional(1)"), ("optional.none()", "none"), ("optional.of(1).value()", "1"),
        ("optional.none().value()", "error: optional.none() dereference"),
        ("optional.of(1).hasValue()", "true"), ("optional.none().orValue(2)", "2"),
        ("optional.of(1).orValue(1 / 0)", "1"), ("optional.none().or(optional.of(3))", "optional(3)"),
        ("optional.ofNonZeroValue('')", "none"), ("optional.ofNonZeroValue(1)", "optional(1)"),
        ("optional.of(1).optMap(x, x + 1)", "optional(2)"),
        ("optional.of(1).optFlatMap(x, optional.none())", "none"), ("optional.none().optMap(x, x)", "none"),
        ("{'a': 1}.?a", "optional(1)"), ("{'a': 1}.?b", "none"),
        ("{'a': {'b': 1}}.?a.b", "optional(1)"), ("{'a': {'b': 1}}.?x.?b.orValue(5)", "5"), ("[1][?0]", "optional(1)"),
        ("[1][?3]", "none"), ("{'a': 1}[?'b']", "none"),
        ("[?optional.of(1), ?optional.none(), 3]", "[1, 3]"), ("{?'a': optional.none(), 'b': 1}", "{\"b\":1}"),
        ("optional.unwrap([optional.of(1), optional.none()])", "[1]"),
        ("[optional.of(1)].unwrapOpt()", "[1]"), ("optional.of(1) == optional.of(1)", "true"),
        ("optional.none() == optional.none()", "true"), ("has({'a': {'b': 1}}.?a.b)", "true"),
        ("[1, 2].first()", "optional(1)"), ("[].last()", "none"), ("optional.of([1])[0]", "optional(1)"),
    ]
    @Test(arguments: optionals) func optional(_ text: String, _ shown: String) { #expect(ask(text) == shown) }

    @Test func documents() {
        let variables: [String: JSON] = [
            "object": ["spec": ["replicas": 3, "list": [1, 2], "name": "web", "half": 0.5, "none": nil]]
        ]
        #expect(ask("object.spec.replicas <= 5", variables) == "true")
        #expect(ask("object.spec.list[1] + 1", variables) == "3")
        #expect(ask("object.spec.missing", variables) == "error: no such key: missing")
        #expect(ask("has(object.spec.missing)", variables) == "false")
        #expect(ask("has(object.spec.none)", variables) == "true")
        #expect(ask("object.spec.none == null", variables) == "true")
        #expect(ask("object.spec.name.startsWith('w')", variables) == "true")
        #expect(ask("object.spec.replicas.foo", variables) == "error: no such key: foo")
        #expect(ask("object.spec.list.sum() == object.spec.replicas", variables) == "true")
        #expect(ask("object['spec']['half'] * 2.0", variables) == "1.0")
        #expect(ask("object.spec.map(k, k).size()", variables) == "5")
        #expect(ask("object.spec == {'replicas': 3}", variables) == "false")
        #expect(ask("object.spec.half > object.spec.replicas", variables) == "false")
    }

    @Test func reports() {
        func report(_ text: String) -> String {
            do throws(CompilationError) {
                _ = try Program(text, in: Environment(["self": .object("object", ["a": .int])]))
                return ""
            } catch { return error.report }
        }
        #expect(
            report("1 + x")
                == "ERROR: <input>:1:5: undeclared reference to 'x' (in container '')\n | 1 + x\n | ....^")
        #expect(report("self.b") == "ERROR: <input>:1:5: undefined field 'b'\n | self.b\n | ....^")
        #expect(
            report("self.nope ==")
                == "ERROR: <input>:1:13: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self.nope ==\n | ............^"
        )
        #expect(
            report("x &&\n y")
                == "ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x &&\n | ^\nERROR: <input>:2:2: undeclared reference to 'y' (in container '')\n |  y\n | .^"
        )
        #expect(
            report("a | b")
                == "ERROR: <input>:1:3: Syntax error: token recognition error at: '| '\n | a | b\n | ..^\nERROR: <input>:1:5: Syntax error: extraneous input 'b' expecting <EOF>\n | a | b\n | ....^"
        )
        #expect(report("self.a.b").contains("type 'int' does not support field selection"))
        #expect(report("'x'.matches('(')").contains("ERROR: <input>:1:13: invalid matches argument"))
        #expect(report("duration('x') == duration('1s')").contains("invalid duration argument"))
        #expect(report("f(1").contains("missing ')' at '<EOF>'"))
        #expect(report("{a}").contains("ERROR: <input>:1:3: Syntax error: mismatched input '}' expecting ':'"))
        #expect(report(String(repeating: "(", count: 300)).contains("expression recursion limit exceeded: 250"))
        #expect(report(String(repeating: "1+", count: 300) + "1").contains("expression recursion limit exceeded: 250"))
        #expect(
            report(String(repeating: " ", count: 100_001)).contains(
                "expression code point size exceeds limit: size: 100001, limit 100000"))
    }
}
