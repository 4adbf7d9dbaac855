-- wrk: each request creates the next pod of many, spread over a hundred namespaces, until MANY are there.
local counter, many = tonumber(os.getenv("FROM") or "0"), tonumber(os.getenv("MANY") or "100000")
function request()
  local number = counter
  counter = counter + 1
  if number >= many then return wrk.format("GET", "/version") end
  local body = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p-' .. number .. '","labels":{"app":"many","run":"' .. (number % 50) ..
    '"}},"spec":{"automountServiceAccountToken":false,"containers":[{"name":"main","image":"reckon.dev/busybox:1","command":["sleep","3600"],"resources":{"requests":{"cpu":"10m","memory":"16Mi"}}}]}}'
  return wrk.format("POST", "/api/v1/namespaces/many-" .. (number % 100) .. "/pods", nil, body)
end
