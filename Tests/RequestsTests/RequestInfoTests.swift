import Requests
import Testing

@Suite struct RequestInfoTests {
    @Test(arguments: [
        ("GET", "/api/v1/namespaces/d/pods/p/log?follow=1", "get  v1 pods/log d p"),
        ("GET", "/api/v1/namespaces/d/pods?watch=1", "watch  v1 pods/ d "),
        ("GET", "/api/v1/namespaces/d/pods?watch=false", "list  v1 pods/ d "),
        ("GET", "/api/v1/watch/namespaces/d/pods", "watch  v1 pods/ d "),
        ("GET", "/api/v1/namespaces/d", "get  v1 namespaces/ d d"),
        ("PUT", "/api/v1/namespaces/d/finalize", "update  v1 namespaces/finalize d d"),
        ("GET", "/api/v1/namespaces", "list  v1 namespaces/  "),
        ("DELETE", "/apis/apps/v1/namespaces/d/deployments", "deletecollection apps v1 deployments/ d "),
        ("PATCH", "/apis/apps/v1/namespaces/d/deployments/w/scale", "patch apps v1 deployments/scale d w"),
        ("GET", "/api/v1/pods?fieldSelector=metadata.name%3Dp", "list  v1 pods/  p"),
        ("POST", "/apis/apps/v1/deployments", "create apps v1 deployments/  "),
    ])
    func readsResources(_ method: String, _ target: String, _ want: String) {
        let info = RequestInfo(method: method, target: target)
        #expect(info.isResourceRequest)
        #expect(
            "\(info.verb) \(info.group) \(info.version) \(info.resource)/\(info.subresource) \(info.namespace) \(info.name)"
                == want)
    }

    @Test(arguments: ["/", "/api", "/api/v1", "/apis/apps/v1", "/healthz/etcd", "/openapi/v3/apis/apps/v1"])
    func otherPaths(_ path: String) {
        let info = RequestInfo(method: "GET", target: path)
        #expect(!info.isResourceRequest)
        #expect(info.verb == "get")
        #expect(info.path == path)
    }

    @Test func fieldManagers() {
        #expect(RequestInfo.defaultFieldManager(userAgent: "kubectl/v1.36.2 (linux/amd64)") == "kubectl")
        #expect(RequestInfo.defaultFieldManager(userAgent: "") == "unknown")
    }

    @Test func queryEscapes() {
        let query = Query(parsing: "a=1+2&b=%41%zz&c=x%3Dy&d&a=3;"[...])
        #expect(query["a"] == "1 2")
        #expect(query["b"] == nil)
        #expect(query["c"] == "x=y")
        #expect(query["d"] == "")
    }
}
