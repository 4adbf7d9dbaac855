import Document
import Expressions
import Testing

/// Every function: what it gives, and how it fails.
struct FunctionTests {
    static let strings: [(String, String)] = [
        ("size('añb')", "3"), ("'añb'.size()", "3"), ("size(b'ab')", "2"), ("size([1])", "1"), ("size({'a': 1})", "1"),
        ("'hello'.contains('ell')", "true"), ("'hello'.contains('')", "true"), ("'hello'.startsWith('he')", "true"),
        ("'hello'.endsWith('lo')", "true"),
        ("'abc'.charAt(1)", "'b'"), ("'abc'.charAt(3)", "''"), ("'abc'.charAt(4)", "error: index out of range: 4"),
        ("'abcabc'.indexOf('c')", "2"),
        ("'abcabc'.indexOf('c', 3)", "5"), ("'abc'.indexOf('c', 3)", "-1"), ("'abc'.lastIndexOf('c', 9)", "-1"),
        ("'abc'.indexOf('x')", "-1"),
        ("'abc'.indexOf('a', -1)", "error: index out of range: -1"), ("'abc'.indexOf('')", "0"),
        ("'abcabc'.lastIndexOf('b')", "4"), ("'abcabc'.lastIndexOf('b', 3)", "1"), ("'a'.lastIndexOf('abc')", "-1"),
        ("['a', 'b'].join()", "'ab'"), ("['a', 'b'].join('-')", "'a-b'"),
        ("'AbÇ'.lowerAscii()", "'abÇ'"), ("'abç'.upperAscii()", "'ABç'"), ("'  a b '.trim()", "'a b'"),
        ("'aXbX'.replace('X', 'yy')", "'ayybyy'"), ("'aXbX'.replace('X', 'y', 1)", "'aybX'"),
        ("'ab'.replace('', '-')", "'-a-b-'"), ("'ab'.replace('', '-', 2)", "'-a-b'"),
        ("'a,b,c'.split(',')", "['a', 'b', 'c']"), ("'a,b,c'.split(',', 2)", "['a', 'b,c']"),
        ("'a,b'.split(',', 0)", "[]"),
        ("'abc'.split('')", "['a', 'b', 'c']"), ("'abc'.split('', 2)", "['a', 'bc']"),
        ("'hello'.substring(2)", "'llo'"), ("'hello'.substring(1, 3)", "'el'"),
        ("'a'.substring(2)", "error: index out of range: 2"),
        ("'abc'.substring(2, 1)", "error: invalid substring range. start: 2, end: 1"),
        ("strings.quote('a\"\\n')", "'\"a\\\"\\n\"'"),
        ("'abc'.reverse()", "cannot compile: found no matching overload for 'reverse' applied to 'string.()'"),
        ("'%s-%d'.format([dyn('a'), 1])", "'a-1'"), ("'%.2f'.format([1.005])", "'1.00'"),
        ("'%f'.format([1234.5])", "'1,234.500000'"), ("'%x'.format([255])", "'ff'"), ("'%X'.format(['hi'])", "'6869'"),
        ("'%b %o'.format([5, 8])", "'101 10'"),
        ("'%s'.format([[dyn(1), 'a', {'k': 2.5}]])", "'[1, \"a\", {\"k\":2.500000}]'"),
        ("'%.3e'.format([1234.5])", "'1.234500×10⁰³'"),
        (
            "'%d'.format(['a'])",
            "cannot compile: error during formatting: decimal clause can only be used on integers, was given string"
        ),
        ("'%s %s'.format([1])", "cannot compile: index 1 out of range"),
        ("'%'.format([])", "cannot compile: unexpected end of string"),
        ("'%%'.format([])", "'%'"), ("'%s'.format([duration('90s')])", "'90s'"), ("'%s'.format([null])", "'null'"),
        ("'abc'.matches('^a.c$')", "true"), ("matches('abc', 'b')", "true"), ("'abc'.matches('^b')", "false"),
        ("'a1b22'.find('[0-9]+')", "'1'"), ("'a1b22'.findAll('[0-9]+')", "['1', '22']"),
        ("'a1b22'.findAll('[0-9]+', 1)", "['1']"),
        ("'aaa'.find('a+?')", "'a'"), ("'foobar'.find('foo|foobar')", "'foo'"), ("'xay'.find('a|xay')", "'xay'"),
        ("'abc'.find('x')", "''"), ("'abc'.findAll('')", "['', '', '', '']"), ("'abab'.findAll('(ab)*')", "['abab']"),
    ]
    @Test(arguments: strings) func string(_ text: String, _ shown: String) { #expect(ask(text) == shown) }

    static let conversions: [(String, String)] = [
        ("int('12')", "12"),
        ("int('a')", "cannot compile: program instantiation failed: type conversion error from 'string' to 'int'"),
        ("int(1.9)", "1"),
        ("int(-1.9)", "-1"), ("int(1e19)", "cannot compile: program instantiation failed: integer overflow"),
        ("int(5u)", "5"),
        ("int(18446744073709551615u)", "cannot compile: program instantiation failed: integer overflow"),
        ("uint(3)", "3u"), ("uint(-1)", "cannot compile: program instantiation failed: unsigned integer overflow"),
        ("uint('7')", "7u"),
        ("double('1.5')", "1.5"), ("double(2)", "2.0"), ("string(1.0)", "'1'"), ("string(1000000.0)", "'1e+06'"),
        ("string(0.00001)", "'1e-05'"), ("string(123456.5)", "'123456.5'"),
        ("string(true)", "'true'"), ("string(b'a')", "'a'"),
        (
            "string(b'\\xff')",
            "cannot compile: program instantiation failed: invalid UTF-8 in bytes, cannot convert to string"
        ), ("bytes('a')", "b97"),
        ("bool('true')", "true"),
        ("bool('x')", "cannot compile: program instantiation failed: type conversion error from 'string' to 'bool'"),
        ("string(duration('1h30m'))", "'5400s'"),
        ("string(timestamp('2020-01-02T03:04:05.678Z'))", "'2020-01-02T03:04:05.678Z'"),
        ("int(timestamp('1970-01-01T00:01:00Z'))", "60"),
        ("duration('x' + 's')", "error: type conversion error from 'string' to 'google.protobuf.Duration'"),
        ("type(dyn(1)) == int", "true"), ("string(timestamp(0) + duration('1s'))", "'1970-01-01T00:00:01Z'"),
        ("timestamp('2020-02-29T12:30:45.5Z').getFullYear()", "2020"),
        ("timestamp('2020-02-29T12:30:45Z').getMonth()", "1"), ("timestamp('2020-02-29T12:30:45Z').getDate()", "29"),
        ("timestamp('2020-02-29T12:30:45Z').getDayOfMonth()", "28"),
        ("timestamp('2020-02-29T12:30:45Z').getDayOfWeek()", "6"),
        ("timestamp('2020-02-29T12:30:45Z').getDayOfYear()", "59"),
        ("timestamp('2020-02-29T12:30:45Z').getHours()", "12"),
        ("timestamp('2020-02-29T12:30:45Z').getMinutes()", "30"),
        ("timestamp('2020-02-29T12:30:45Z').getSeconds()", "45"),
        ("timestamp('2020-02-29T12:30:45.250Z').getMilliseconds()", "250"),
        ("timestamp('2020-02-29T23:30:00Z').getDate('+02:00')", "1"),
        ("timestamp('2020-02-29T23:30:00Z').getHours('-02:30')", "21"),
        ("timestamp('2020-02-29T23:30:00Z').getHours('UTC')", "23"),
        ("timestamp('2020-02-29T23:30:00Z').getHours('Mars/Phobos')", "error: unknown time zone Mars/Phobos"),
        ("timestamp('2020-02-29T23:30:00Z').getHours('Test/Half')", "5"),
        ("timestamp('2020-02-29T23:30:00Z').getMinutes('Test/Half')", "0"),
        ("timestamp('2020-02-29T23:30:00Z').getHours('-1:-45')", "23"),
        ("timestamp('2020-02-29T23:30:00Z').getHours('../UTC')", "error: time: invalid location name"),
        (
            "timestamp('2020-02-29T23:30:00Z').getHours('+ab:cd')",
            "error: strconv.Atoi: parsing \"+ab\": invalid syntax"
        ),
        ("duration('3661s').getHours()", "1"), ("duration('3661s').getMinutes()", "61"),
        ("timestamp('2020-01-02T00:00:00Z') - timestamp('2020-01-01T00:00:00Z') == duration('24h')", "true"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error: timestamp overflow"),
        ("duration('2562047h') + duration('2562047h')", "error: integer overflow"),
        ("timestamp('2020-01-01T00:00:00Z') < timestamp('2020-01-01T00:00:00+01:00')", "false"),
        ("timestamp('0001-01-01T00:00:00Z').getDayOfWeek()", "1"),
        ("timestamp('1969-12-31T23:59:59.5Z').getSeconds()", "59"),
    ]
    @Test(arguments: conversions) func conversion(_ text: String, _ shown: String) { #expect(ask(text) == shown) }

    static let lists: [(String, String)] = [
        ("[1, 2].isSorted()", "true"), ("[2, 1].isSorted()", "false"), ("['a', 'b'].isSorted()", "true"),
        ("[1, 2].sum()", "3"), ("[1.5, 2.0].sum()", "3.5"), ("[].sum()", "0"),
        ("[duration('1s'), duration('2s')].sum()", "3000000000ns"), ("[3, 1, 2].min()", "1"),
        ("['a', 'c', 'b'].max()", "'c'"), ("[1].filter(x, x > 1).min()", "error: min called on empty list"),
        ("[1, 2, 1].indexOf(1)", "0"), ("[1, 2, 1].lastIndexOf(1)", "2"), ("[1].indexOf(5)", "-1"),
        ("[1, 2, 1].distinct()", "[1, 2]"), ("[[1], [2, 3]].flatten()", "[1, 2, 3]"),
        ("[[1, [2]], [3]].flatten(2)", "cannot compile: expected type 'int' but found 'list(int)'"),
        ("[[[1]], [[2]]].flatten(2)", "[1, 2]"), ("[1, 2].reverse()", "[2, 1]"), ("[1, 2, 3].slice(1, 3)", "[2, 3]"),
        ("[1].slice(0, 5)", "error: cannot slice(0, 5), list is length 1"),
        ("[1].slice(1, 0)", "error: cannot slice(1, 0), start index must be less than or equal to end index"),
        ("[1].slice(-1, 0)", "error: cannot slice(-1, 0), negative indexes not supported"),
        ("[3, 1, 2].sort()", "[1, 2, 3]"), ("['b', 'a'].sort()", "['a', 'b']"),
        ("[3, 1, 2].sortBy(x, -x)", "[3, 2, 1]"),
        ("lists.range(3)", "[0, 1, 2]"), ("lists.range(0)", "[]"), ("sets.contains([1, 2], [2])", "true"),
        ("sets.equivalent([1, 1], [1])", "true"), ("sets.intersects([1], [2])", "false"),
        ("sets.contains([1], [3])", "false"),
        ("[1, 2, 3].sortBy(x, 0 - x).map(x, x * 10)", "[30, 20, 10]"),
    ]
    @Test(arguments: lists) func list(_ text: String, _ shown: String) { #expect(ask(text) == shown) }

    static let kubernetes: [(String, String)] = [
        ("quantity('1.5Gi').isGreaterThan(quantity('1Gi'))", "true"),
        ("quantity('100m').add(quantity('900m')) == quantity('1')", "true"), ("quantity('5').sub(2).asInteger()", "3"),
        ("quantity('1.5').isInteger()", "false"), ("quantity('1.0').isInteger()", "false"),
        ("quantity('1000m').isInteger()", "false"), ("quantity('1.5e1').asInteger()", "15"),
        ("quantity('1Ti').asInteger()", "1099511627776"), ("quantity('1Pi').isInteger()", "false"),
        ("quantity('10E').isInteger()", "false"), ("quantity('007k').asInteger()", "7000"),
        ("lists.range(1000).all(i, quantity('0e999999').isInteger())", "true"),
        ("dyn(quantity('1')) == dyn('1')", "error: no such overload"),
        ("quantity('1.5').asInteger()", "error: cannot convert value to integer"),
        ("quantity('50k').asApproximateFloat()", "50000.0"), ("sign(quantity('-1'))", "-1"),
        ("quantity('1Ki').compareTo(quantity('1k'))", "1"), ("isQuantity('1.3x')", "false"),
        ("isQuantity('20Mi')", "true"),
        (
            "quantity('x')",
            "error: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ), ("quantity('1').isLessThan(quantity('2'))", "true"),
        ("ip('127.0.0.1').isLoopback()", "true"), ("ip('::1').family()", "6"), ("isIP('1.2.3.4.5')", "false"),
        ("isIP('01.2.3.4')", "false"), ("isIP('::ffff:1.2.3.4')", "false"),
        ("ip.isCanonical('2001:DB8::abcd')", "false"), ("ip.isCanonical('2001:db8::abcd')", "true"),
        ("string(ip('2001:0db8:0:0:0::1'))", "'2001:db8::1'"),
        ("ip('0.0.0.0').isUnspecified()", "true"), ("ip('169.254.1.1').isLinkLocalUnicast()", "true"),
        ("ip('224.0.0.1').isLinkLocalMulticast()", "true"), ("ip('8.8.8.8').isGlobalUnicast()", "true"),
        ("cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"),
        ("cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))", "false"),
        ("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", "true"),
        ("cidr('10.0.0.0/16').containsCIDR(cidr('10.0.0.0/8'))", "false"),
        ("cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')", "true"), ("cidr('::/0').prefixLength()", "0"),
        ("string(cidr('10.0.0.0/8').ip())", "'10.0.0.0'"), ("isCIDR('10.0.0.0/33')", "false"),
        ("url('https://u@example.com:8080/a%20b?x=1&x=2&y=#f').getHost()", "'example.com:8080'"),
        ("url('https://example.com:8080/').getPort()", "'8080'"), ("url('https://[::1]:80/').getHostname()", "'::1'"),
        (
            "url('https://example.com/a b').getScheme()",
            "error: URL parse error during conversion from string: parse \"https://example.com/a b\": invalid URI for request"
        ),
        ("url('/path/to').getEscapedPath()", "'/path/to'"),
        ("url('https://e.com/?x=1&x=2&y=').getQuery()", "{\"x\":[\"1\",\"2\"],\"y\":[\"\"]}"),
        ("isURL('example.com')", "false"), ("isURL('http://example.com')", "true"),
        ("semver('1.2.3').isLessThan(semver('1.10.0'))", "true"),
        ("semver('1.0.0-rc.1').compareTo(semver('1.0.0'))", "-1"), ("isSemver('v1.0.0')", "false"),
        ("isSemver('v1.0', true)", "true"), ("semver('v01.2', true).minor()", "2"),
        ("semver('1.2.3+b') == semver('1.2.3')", "true"),
        ("semver('1.2')", "error: No Major.Minor.Patch elements found"),
        ("semver('3.2.1').major() + semver('3.2.1').patch()", "4"),
        ("semver('2.0.0').isGreaterThan(semver('1.0.0'))", "true"),
        ("format.named('dns1123Label').hasValue()", "true"), ("format.named('nope').hasValue()", "false"),
        ("format.dns1123Label().validate('my-name')", "none"),
        ("format.dns1123Label().validate('My').value().size()", "1"),
        ("format.uuid().validate('x').value()", "['does not match the UUID format']"),
        ("format.dns1123LabelPrefix().validate('my-')", "none"), ("format.qualifiedName().validate('a/b')", "none"),
        ("format.labelValue().validate('')", "none"), ("format.byte().validate('aGVsbG8=')", "none"),
        ("format.date().validate('2021-13-01').value()", "['invalid date']"),
        ("format.datetime().validate('2021-01-01T00:00:00Z')", "none"), ("format.uri().validate('http://a')", "none"),
        ("format.dns1035Label().validate('1a').hasValue()", "true"),
        ("format.dns1123Subdomain().validate('a.b')", "none"),
        ("jsonpatch.escapeKey('a')", "cannot compile: undeclared reference to 'jsonpatch' (in container '')"),
        (
            "ip('01.2.3.4')",
            "error: IP Address \"01.2.3.4\" parse error during conversion from string: ParseAddr(\"01.2.3.4\"): IPv4 field has octet with leading zero"
        ),
    ]
    @Test(arguments: kubernetes) func addition(_ text: String, _ shown: String) { #expect(ask(text) == shown) }

    @Test func onlyMutatingPoliciesEscapeKeys() throws {
        var environment = Environment([:])
        environment.hasMutationTypes = true
        var activation = Activation()
        let result = try Program("jsonpatch.escapeKey('a/b~c')", in: environment).evaluate(&activation).result
        #expect(show(try result.get()) == "'a~1b~0c'")
    }

    /// Costs as upstream reckons them: a unit for each name and field, a tenth for each character read, and so on.
    static let costs: [(String, UInt64)] = [
        ("1 + 1", 1), ("object.a", 2), ("has(object.a)", 1), ("object.a.b.c == 1", 5), ("true || object.a", 0),
        ("[1, 2, 3]", 0), ("[object.a]", 12),
        ("{'a': object.a}", 32), ("object.a == 1 ? 1 : 2", 3), ("[1, 2, 3].all(x, x > 0)", 16),
        ("object.s.contains('abc')", 4), ("object.s.startsWith('a')", 4),
        ("object.s.matches('^a+$')", 4), ("[1, 2].map(x, x)", 27), ("object.s + object.s", 5),
        ("string(object.s) + 'b'", 5), ("size(object.s)", 3), ("object.l.sum()", 5),
    ]
    @Test(arguments: costs) func cost(_ text: String, _ units: UInt64) {
        let object: JSON = ["a": ["b": ["c": 1]], "s": "abcdefghijkl", "l": [1, 2, 3]]
        #expect(ask(costOf: text, ["object": object]).cost == units, "\(text)")
    }

    /// What costs one unit by upstream's reckoning and takes long all the same.
    @Test func cheapAndSlow() {
        let variables: [String: JSON] = [
            "l": .array((0..<2_000).map { .int($0) }), "s": .string(String(repeating: "0", count: 1_000_000)),
        ]
        for text in [
            "l.all(x, size(s) > 0)", "l.all(x, double(s) == 0.0)", "l.all(x, int(s) == 0)",
            "l.all(x, !(s in {'a': 1}))", "l.all(x, !(s in ['a', 'b']))", "l.all(x, s + 'a' != '')",
            "l.all(x, '%f'.format([1e308]) != '')",
        ] {
            #expect(
                ask(text, variables, limit: 50_000) == "error: operation cancelled: actual cost limit exceeded",
                "\(text)")
        }
        // A long text and a short one are told apart at once.
        #expect(ask("l.exists(x, s == 'a')", variables, limit: 50_000) == "false")
        #expect(ask("l.all(x, s != 'a')", variables, limit: 50_000) == "true")
    }

    @Test func limits() {
        let many = JSON.array((0..<100_000).map { .int($0) })
        #expect(ask("l.all(x, x >= 0)", ["l": many]) == "true")
        #expect(
            ask("l.map(x, l.map(y, x + y)).size()", ["l": many])
                == "error: operation cancelled: actual cost limit exceeded")
        #expect(
            ask("l.all(x, l.all(y, true))", ["l": many]) == "error: operation cancelled: actual cost limit exceeded")
        // What is over the limit cannot be absorbed.
        #expect(ask("true || l.map(x, l.map(y, x + y)).size() > 0", ["l": many]) == "true")
        #expect(
            ask("l.map(x, l.map(y, x + y)).size() > 0 || true", ["l": many])
                == "error: operation cancelled: actual cost limit exceeded")
        #expect(ask("lists.range(1000000000000).size()") == "error: operation cancelled: actual cost limit exceeded")
        let text = JSON.string(String(repeating: "a", count: 100_000))
        #expect(
            ask("s.matches('(a*)*(a*)*(a*)*b')", ["s": text])
                == "error: operation cancelled: actual cost limit exceeded"
                || ask("s.matches('(a*)*(a*)*(a*)*b')", ["s": text]) == "false")
        #expect(ask("l.distinct().size()", ["l": many]) == "error: operation cancelled: actual cost limit exceeded")
        #expect(
            ask("'%.999999999f'.format([1.0])") == "error: operation cancelled: actual cost limit exceeded")
    }
}
