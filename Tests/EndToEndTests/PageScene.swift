import Document
import Foundation
import TestSupport

/// What the page's tests look at: a small shop, and measures taken in the browser.
enum PageScene {
    /// A namespace with a deployment of three pods, and a role there for alice. The revision at which all of it was ready.
    @discardableResult
    static func prepare(_ cluster: ReckonProcess) async throws -> Int64 {
        let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/"
        let objects: [(path: String, object: JSON)] = [
            ("/api/v1/namespaces", ["metadata": ["name": "shop"]]),
            (
                "/apis/apps/v1/namespaces/shop/deployments",
                [
                    "metadata": ["name": "web"],
                    "spec": [
                        "replicas": 3, "selector": ["matchLabels": ["app": "web"]],
                        "template": [
                            "metadata": ["labels": ["app": "web"]],
                            "spec": ["containers": [["name": "main", "image": "reckon.dev/busybox:1"]]],
                        ],
                    ],
                ]
            ),
            (
                rbac + "roles",
                [
                    "metadata": ["name": "reader"],
                    "rules": [
                        [
                            "apiGroups": ["", "apps"], "resources": ["pods", "deployments"],
                            "verbs": ["get", "list", "watch"],
                        ]
                    ],
                ]
            ),
            (
                rbac + "rolebindings",
                [
                    "metadata": ["name": "alice"],
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"],
                    "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"]],
                ]
            ),
        ]
        for (path, object) in objects {
            let answer = try await cluster.send("POST", path, object)
            guard answer.status == 201 else { throw Chromium.Failure(description: answer.body.text) }
        }
        let isReady = try await cluster.eventually {
            try await cluster.send("GET", "/apis/apps/v1/namespaces/shop/deployments/web")
                .body["status", "readyReplicas"]?.int == 3
        }
        guard isReady else { throw Chromium.Failure(description: "the deployment never was ready") }
        return try await cluster.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
    }

    /// Controls of the browser's accessibility tree that a screen reader could not name.
    static func controlsWithoutName(_ browser: Chromium) throws -> [String] {
        let roles: Set<String> = [
            "button", "link", "textbox", "searchbox", "combobox", "checkbox", "slider", "tab", "row", "dialog", "grid",
        ]
        let nodes = try browser.call("Accessibility.getFullAXTree")["nodes"]?.elements ?? []
        return nodes.compactMap { node in
            guard node["ignored"] != true, let role = node["role", "value"]?.string, roles.contains(role) else {
                return nil
            }
            if role == "row", node["childIds"]?.elements.isEmpty ?? true { return nil }
            let name = node["name", "value"]?.string ?? ""
            // A row is read cell by cell.
            return name.isEmpty && role != "row" ? "\(role) \(node["nodeId"]?.string ?? "")" : nil
        }
    }

    static let landmarks = """
        ['header', 'section.time[aria-label]', 'main', 'nav[aria-label]'].map((one) => document.querySelector(one) ? \
        { header: 'banner', main: 'main' }[one] ?? (one.startsWith('nav') ? 'navigation' : 'contentinfo-or-region') : 'missing').sort()
        """

    /// Pairs of text and ground in either theme whose contrast is below 4.5 to 1 (WCAG AA).
    static let poorContrasts = """
        (() => {
          const pairs = [];
          for (const ground of ['paper', 'panel', 'raised', 'hover', 'chosen']) for (const text of ['ink', 'soft', 'accent']) pairs.push([text, ground]);
          for (const ground of ['paper', 'panel']) for (const text of ['faint', 'good', 'warn', 'bad']) pairs.push([text, ground]);
          pairs.push(['good', 'good-soft'], ['warn', 'warn-soft'], ['bad', 'bad-soft'], ['on-accent', 'accent'], ['added-ink', 'added'], ['removed-ink', 'removed']);
          const light = (hex) => { const n = parseInt(hex.slice(1), 16); return [n >> 16, n >> 8 & 255, n & 255].map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0); };
          const found = [];
          const before = document.documentElement.dataset.theme;
          for (const theme of ['light', 'dark']) {
            document.documentElement.dataset.theme = theme;
            const style = getComputedStyle(document.documentElement);
            for (const [text, ground] of pairs) {
              const [a, b] = [text, ground].map((name) => light(style.getPropertyValue('--' + name).trim()));
              const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
              if (!(ratio >= 4.5)) found.push(`${theme}: ${text} on ${ground} ${ratio.toFixed(2)}`);
            }
          }
          document.documentElement.dataset.theme = before;
          return found;
        })()
        """

    private static func manyName(_ i: Int) -> String {
        "c" + String(repeating: "0", count: 6 - String(i).count) + String(i)
    }

    /// A list of 100,000, as the server's Table and as the places of its pages.
    static let manyConfigMaps: @Sendable (String) -> String? = { url in
        guard url.contains("configmaps"), !url.contains("watch="), let query = URLComponents(string: url) else {
            return nil
        }
        if query.path == "/reckon/v1/pages" {
            let pages = stride(from: 0, to: 100_000, by: 500).map { i in
                #"{"count":500,"namespace":"many","name":"\#(manyName(i))"\#(i > 0 ? #","continue":"\#(i)""# : "")}"#
            }
            return
                #"{"kind":"ListPages","apiVersion":"reckon.dev/v1","revision":9,"size":500,"total":100000,"pages":[\#(pages.joined(separator: ","))]}"#
        }
        guard query.path.hasSuffix("/configmaps") else { return nil }
        let next = query.queryItems?.first { $0.name == "continue" }?.value ?? "0"
        let first = Int(next) ?? 0
        let limit = query.queryItems?.first { $0.name == "limit" }?.value.flatMap { Int($0) } ?? 100_000
        let last = min(first + limit, 100_000)
        let rows = (first..<last).map { i in
            let name = manyName(i)
            return
                #"{"cells":["\#(name)",\#(i % 97),"5m"],"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"\#(name)","namespace":"many","resourceVersion":"9"}}}"#
        }.joined(separator: ",")
        let metadata =
            last < 100_000
            ? #"{"resourceVersion":"9","continue":"\#(last)","remainingItemCount":\#(100_000 - last)}"#
            : #"{"resourceVersion":"9"}"#
        return
            #"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":\#(metadata),"columnDefinitions":[{"name":"Name","type":"string","priority":0},{"name":"Data","type":"integer","priority":0},{"name":"Age","type":"string","priority":0}],"rows":[\#(rows)]}"#
    }
}
