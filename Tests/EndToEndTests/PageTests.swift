import Document
import Foundation
import TestSupport
import Testing

/// The page at `/ui/` in a real browser, beside a real cluster.
@Suite(.serialized, .enabled(if: Chromium.path != nil, "there is no Chromium: tools/bootstrap --test installs one"))
struct PageTests {
    /// Reads an object's page, a list, the past, a difference, as a person does.
    @Test func aPersonLooksAround() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        let before = try await PageScene.prepare(cluster)
        let browser = try Chromium()
        defer { browser.close() }

        // The door: a wrong token is refused, a right one lets in.
        try browser.open(cluster.url + "/ui/")
        #expect(browser.eventually("document.querySelector('#token') && document.activeElement.id === 'token'"))
        try browser.type("wrong")
        try browser.press("Enter")
        #expect(browser.eventually("document.querySelector('.error')?.textContent.includes('does not accept')"))
        try browser.evaluate("document.querySelector('#token').value = 'admintoken'; document.forms[0].requestSubmit()")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 3"), "the pods of now")
        #expect(try browser.evaluate("document.querySelector('.who').textContent") == "admin")
        #expect(try browser.evaluate("sessionStorage.length") == 1)
        #expect(try browser.evaluate("location.href.includes('token') || document.cookie !== ''") == false)

        // Live: what happens now is seen without asking.
        _ = try await cluster.send(
            "PATCH", "/apis/apps/v1/namespaces/shop/deployments/web", ["spec": ["replicas": 5]],
            contentType: "application/merge-patch+json")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 5"), "two pods more")

        // A link with a revision shows the same again, also after a reload, and the back button returns.
        try browser.evaluate("location.hash = '#/objects/deployments.apps?ns=shop&at=\(before)'")
        #expect(browser.eventually("document.querySelector('.grid .row')?.textContent.includes('3/3')"))
        try browser.call("Page.reload")
        #expect(browser.eventually("document.querySelector('.grid .row')?.textContent.includes('3/3')"))
        #expect(try browser.evaluate("document.querySelector('.live').getAttribute('aria-pressed')") == "false")
        try browser.evaluate("history.back()")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 5"))

        // The hand on the timeline: as far left as there is anything, there are no pods.
        let place = try browser.evaluate(
            "(() => { const r = document.querySelector('.field').getBoundingClientRect(); return [r.left, r.right, r.top + 30] })()"
        )
        let (left, right, y) = (
            place.elements[0].number ?? 0, place.elements[1].number ?? 0, place.elements[2].number ?? 0
        )
        try browser.drag((0...12).map { (right - 40 - (right - left - 50) * Double($0) / 12, y) })
        #expect(browser.eventually("document.querySelector('.problem h2')?.textContent === 'No pods'"), "the beginning")
        #expect(browser.eventually("location.hash.includes('at=')"))
        let at = try browser.evaluate("new URLSearchParams(location.hash.split('?')[1]).get('at')")
        #expect((Int64(at.string ?? "") ?? .max) < before)

        // The keyboard: a step to the first event about pods, back to the present, search, help.
        try browser.press("ArrowRight")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 1"), "the first pod")
        try browser.press("l")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 5"))
        try browser.press("/")
        try browser.type("nothing like it")
        #expect(browser.eventually("document.querySelector('.problem h2')?.textContent === 'Nothing fits'"))
        try browser.press("Escape")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 5"))
        try browser.press("?")
        #expect(browser.eventually("document.querySelector('dialog[open]')"))
        try browser.press("Escape")
        #expect(browser.eventually("!document.querySelector('dialog')"))
        try browser.press(" ")
        #expect(browser.eventually("document.querySelector('[aria-label=Pause]')"), "it plays")
        try browser.press(" ")

        // One object: its versions, a difference, who set what, why.
        try browser.evaluate("location.hash = '#/object/deployments.apps/shop/web/yaml?at=\(before)'")
        #expect(browser.eventually("document.querySelector('.code')?.textContent.includes('replicas: 3')"))
        try browser.evaluate("location.hash = '#/object/deployments.apps/shop/web/history'")
        #expect(browser.eventually("document.querySelector('.lines')?.textContent.includes('spec.replicas')"))
        try browser.evaluate(
            "[...document.querySelectorAll('.lines tr')].find((row) => row.textContent.includes('spec.replicas')).querySelector('a[href*=diff]').click()"
        )
        #expect(
            browser.eventually(
                "[...document.querySelectorAll('.sides .old')].some((line) => line.textContent.includes('replicas: 3'))"
            ))
        #expect(
            browser.eventually(
                "[...document.querySelectorAll('.sides .new')].some((line) => line.textContent.includes('replicas: 5'))"
            ))
        try browser.evaluate("location.hash = '#/object/deployments.apps/shop/web/blame'")
        #expect(
            browser.eventually(
                "[...document.querySelectorAll('.lines tr')].some((row) => /spec.replicas.*5.*admin/.test(row.textContent))"
            ))
        try browser.evaluate("location.hash = '#/object/deployments.apps/shop/web/graph'")
        #expect(
            browser.eventually("document.querySelectorAll('.graph .box').length >= 7"), "itself, its set, five pods")
        #expect(browser.eventually("document.querySelector('.chain li')"))
        try browser.evaluate("location.hash = '#/nodes'")
        #expect(browser.eventually("document.querySelectorAll('.node .pod').length === 5"))
        try browser.evaluate("location.hash = '#/events'")
        #expect(browser.eventually("document.querySelectorAll('.lines tbody tr').length > 10"))
        try browser.evaluate("location.hash = '#/compare?a=\(before)'")
        #expect(browser.eventually("document.querySelector('.compare-item')"))
        #expect(browser.pageErrors == [])
    }

    /// Somebody with a role in one namespace sees that, and is told plainly about the rest.
    @Test func rightsAreTheClusters() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        try await PageScene.prepare(cluster)
        let browser = try Chromium()
        defer { browser.close() }
        try browser.open(cluster.url + "/ui/#token=alicetoken")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 3"), "the pods of shop alone")
        #expect(try browser.evaluate("location.hash.includes('token')") == false)
        let kinds = try browser.evaluate(
            "[...document.querySelectorAll('.side li .cut')].map((one) => one.textContent)")
        #expect(kinds == ["Pod", "Deployment"])
        try browser.evaluate("location.hash = '#/objects/secrets?ns=shop'")
        #expect(browser.eventually("document.querySelector('.problem .said')?.textContent.includes('forbidden')"))
        // Neither the timeline nor the list of events tells of what is not hers.
        let events = try await cluster.send("GET", "/reckon/v1/events?limit=1000", token: "alicetoken")
        #expect(events.status == 200)
        let resources = Set(
            (events.body["items"]?.elements ?? []).flatMap { $0["changes"]?.elements ?? [] }.compactMap {
                $0["resource"]?.string
            })
        #expect(resources == ["pods", "deployments"])
        let timeline = try await cluster.send("GET", "/reckon/v1/timeline?buckets=1", token: "alicetoken")
        #expect(timeline.body["denialsVisible"] == false)
        let names = timeline.body["buckets"]?.elements.first?["byResource"]?.entries.keys ?? []
        #expect(names.sorted() == ["deployments.apps", "pods"])
        #expect(try await cluster.send("GET", "/reckon/v1/timeline", token: "").status == 403)
        let first = try await cluster.send("GET", "/reckon/v1/events/1", token: "alicetoken")
        #expect(first.status == 403)
        #expect(browser.pageErrors == [])
    }

    /// Names for all controls, colours that can be read, and no stall with a hundred thousand objects.
    @Test func itIsForEverybodyAndForManyObjects() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        let before = try await PageScene.prepare(cluster)
        let browser = try Chromium()
        defer { browser.close() }
        try browser.open(cluster.url + "/ui/#token=admintoken")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 3"))
        for view in [
            "/objects/pods", "/object/deployments.apps/shop/web/diff", "/nodes", "/events", "/audit", "/compare",
        ] {
            try browser.evaluate("location.hash = '#\(view)'")
            #expect(browser.eventually("!document.querySelector('.busy.on')"))
            let unnamed = try PageScene.controlsWithoutName(browser)
            #expect(unnamed == [], "\(view)")
        }
        #expect(try browser.evaluate(PageScene.landmarks) == ["banner", "contentinfo-or-region", "main", "navigation"])
        let dim = try browser.evaluate(PageScene.poorContrasts)
        #expect(dim == [], "text needs a contrast of 4.5 to 1")

        try browser.answer("*/api/v1/configmaps*", with: PageScene.manyConfigMaps)
        try browser.evaluate(
            "window.long = []; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.long.push(Math.round(entry.duration)) }).observe({ type: 'longtask' }); location.hash = '#/objects/configmaps?at=\(before)'"
        )
        #expect(browser.eventually("document.querySelector('.head').textContent.includes('100,000')"))
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length > 10"))
        for share in [0.01, 0.02, 0.05] {
            try browser.evaluate(
                "{ const grid = document.querySelector('.grid'); grid.scrollTop = grid.scrollHeight * \(share) }")
            let first = Int(share * 100_000) - 20
            #expect(
                browser.eventually("document.querySelector('.grid .row')?.ariaRowIndex > \(first)"),
                "row \(first) is drawn")
        }
        try browser.press("/")
        try browser.type("c099999")
        #expect(
            browser.eventually("document.querySelector('.head').textContent.includes('1 of 100,000')", seconds: 40),
            "all are read, one fits")
        #expect(try browser.evaluate("document.querySelectorAll('.grid .row').length") == 1)
        let long = try browser.evaluate("window.long.sort((a, b) => b - a).slice(0, 5)")
        #expect((long.elements.first?.int ?? 0) < 400, "tasks that held the page up, in milliseconds: \(long.text)")
        #expect(browser.pageErrors == [])
    }

    /// The files themselves: few bytes, right types, a strict policy, and nothing from elsewhere.
    @Test func theFilesAreSmallAndStrict() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let index = try await server.send("GET", "/ui/", token: "")
        #expect(index.status == 200)
        let html = index.body.string ?? ""
        var files = Set(html.matches(of: /(?:src|href)="([a-z]+\.[a-z]+)"/).map { String($0.1) })
        var bytes = html.utf8.count
        var seen: Set<String> = []
        while let file = files.subtracting(seen).sorted().first {
            seen.insert(file)
            let answer = try await server.send("GET", "/ui/" + file, token: "")
            #expect(answer.status == 200, "\(file)")
            let text = answer.body.string ?? answer.body.text
            bytes += text.utf8.count
            files.formUnion(text.matches(of: /from '\.\/([a-z]+\.js)'/).map { String($0.1) })
            let headers = Dictionary(answer.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
            let type = file.hasSuffix("js") ? "text/javascript" : file.hasSuffix("css") ? "text/css" : "image/svg+xml"
            #expect(headers["content-type"]?.hasPrefix(type) == true, "\(file)")
            #expect(headers["content-security-policy"]?.contains("default-src 'none'; script-src 'self'") == true)
            #expect(headers["content-security-policy"]?.contains("unsafe") == false)
            #expect(headers["x-content-type-options"] == "nosniff")
            let tag = try #require(headers["etag"])
            let again = try await server.send("GET", "/ui/" + file, token: "", headers: [("If-None-Match", tag)])
            #expect(again.status == 304)
            #expect(text.contains("http://www.w3.org") || !text.contains("http:"), "\(file) asks elsewhere")
            #expect(!text.contains("innerHTML"), "\(file)")
        }
        #expect(seen.count > 20)
        #expect(bytes < 300_000, "\(bytes) bytes")
        #expect(!html.contains("<style") && !html.contains("onclick") && !html.contains("<script>"))
        #expect(try await server.send("POST", "/ui/", token: "").status == 405)
        #expect(try await server.send("GET", "/ui/../etc/passwd", token: "").status == 404)
        #expect(try await server.send("GET", "/ui/nothing.js", token: "").status == 404)
    }
}
