-- wrk: each request creates one pod with a name of its own.
local counter, thread = 0, 0
function setup(t) t:set("id", thread); thread = thread + 1 end
function request()
  counter = counter + 1
  local name = string.format("load-%s-%d-%d", os.getenv("LOAD_TAG") or "x", id, counter)
  local body = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"' .. name .. '","namespace":"load","labels":{"app":"load","run":"' .. (counter % 50) ..
    '"}},"spec":{"automountServiceAccountToken":false,"containers":[{"name":"main","image":"reckon.dev/busybox:1","command":["sleep","3600"],"resources":{"requests":{"cpu":"10m","memory":"16Mi"}}}]}}'
  return wrk.format("POST", "/api/v1/namespaces/load/pods", nil, body)
end
function response(status) if status ~= 201 then failed = (failed or 0) + 1; if failed == 1 then io.stderr:write("status " .. status .. "\n") end end end
