import Access
import Document
import Schema

/// Who approves or signs a certificate request needs that right for its signer: upstream's CertificateApproval, CertificateSigning.
struct CertificateApproval: AdmissionPlugin {
    let name = "CertificateApproval"

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .update, request.type.resource == "certificatesigningrequests",
            request.type.group == "certificates.k8s.io"
        else { return }
        let signer = request.old["spec", "signerName"]?.string ?? ""
        switch request.subresource {
        case "approval":
            if !mayUse(request, "approve", signer) {
                throw request.forbidden("user not permitted to approve requests with signerName \"\(signer)\"")
            }
        case "status":
            let certificate = request.object["status", "certificate"] ?? .null
            if certificate == request.old["status", "certificate"] ?? .null { return }
            if !mayUse(request, "sign", signer) {
                throw request.forbidden("user not permitted to sign requests with signerName \"\(signer)\"")
            }
        default: break
        }
    }

    private func mayUse(_ request: AdmissionRequest, _ verb: String, _ signer: String) -> Bool {
        if request.context.user.groups.contains("system:masters") { return true }
        let rules = AccessRules(request.context.state)
        let domain =
            signer.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).first.map { $0 + "/*" } ?? ""
        return [signer, domain].contains { name in
            let asked = AccessAttributes(
                user: request.context.user, verb: verb, group: "certificates.k8s.io", version: "*", resource: "signers",
                name: name)
            return rules.authorize(asked, request.context.state).verdict == .allowed
        }
    }
}
