import Foundation
import TestSupport
import Testing

/// A chart with a CRD, hooks, a lookup and a test, through a release's life.
@Suite(
    .enabled(
        if: Tools.installed("helm") != nil && Tools.kubectl != nil,
        "there is no helm: tools/bootstrap --test installs one"))
struct HelmTests {
    @Test func aReleaseFromInstallToUninstall() throws {
        let cluster = SharedCluster.process
        let kubectl = try Kubectl("charts")
        func helm(_ arguments: String..., status: Int32 = 0, at location: SourceLocation = #_sourceLocation) throws
            -> String
        {
            let result = try Tools.run(
                [Tools.installed("helm")!] + arguments + ["-n", "charts"],
                environment: ["KUBECONFIG": cluster.kubeconfig, "HOME": cluster.directory.path])
            #expect(
                result.status == status, "helm \(arguments.joined(separator: " ")): \(result.output)\(result.errors)",
                sourceLocation: location)
            return result.output + result.errors
        }
        let chart = Tools.root.appendingPathComponent("fixtures/charts/harbour").path
        #expect(try helm("lint", chart).contains("0 chart(s) failed"))
        #expect(try helm("install", "h", chart, "--wait", "--timeout", "60s").contains("STATUS: deployed"))
        #expect(try kubectl("get", "berths.harbour.example", "-o", "name") == "berth.harbour.example/h-main")
        #expect(try kubectl("get", "deployment", "h-web", "-o", "jsonpath={.status.readyReplicas}") == "1")
        // A hook ran before anything else and was deleted when it had succeeded; lookup found nothing then.
        #expect(try kubectl("get", "jobs", "-o", "name").isEmpty)
        #expect(try kubectl("get", "configmap", "h-settings", "-o", "jsonpath={.data.first}") == "yes")
        #expect(
            try kubectl("get", "secret", "-l", "owner=helm,status=deployed", "-o", "name")
                == "secret/sh.helm.release.v1.h.v1")
        #expect(
            try kubectl("get", "secret", "sh.helm.release.v1.h.v1", "-o", "jsonpath={.type}") == "helm.sh/release.v1")

        #expect(try helm("upgrade", "h", chart, "--dry-run=server").contains("first: \"no\""))
        // What somebody else changed stays when the chart does not speak of it.
        try kubectl("annotate", "deployment", "h-web", "by-hand=yes")
        _ = try helm("upgrade", "h", chart, "--set", "replicas=2", "--wait", "--timeout", "60s")
        #expect(
            try kubectl("get", "deployment", "h-web", "-o", "jsonpath={.spec.replicas} {.metadata.annotations.by-hand}")
                == "2 yes")
        #expect(try kubectl("get", "configmap", "h-settings", "-o", "jsonpath={.data.first}") == "no")
        #expect(try helm("history", "h").contains("superseded"))
        #expect(try helm("test", "h", "--timeout", "60s").contains("Succeeded"))
        _ = try helm("rollback", "h", "1", "--wait", "--timeout", "60s")
        #expect(try kubectl("get", "deployment", "h-web", "-o", "jsonpath={.spec.replicas}") == "1")
        #expect(try helm("list").contains("harbour-0.1.0"))
        #expect(try helm("get", "values", "h", "--all", "--revision", "2").contains("replicas: 2"))
        #expect(try helm("install", "h", chart, status: 1).contains("cannot reuse a name that is still in use"))
        #expect(try helm("uninstall", "h", "--wait").contains("uninstalled"))
        #expect(
            try kubectl("get", "deployments,services,configmaps", "-l", "app.kubernetes.io/instance=h", "-o", "name")
                .isEmpty)
        #expect(try kubectl("get", "crd", "berths.harbour.example", "-o", "name").hasSuffix("berths.harbour.example"))
    }
}
