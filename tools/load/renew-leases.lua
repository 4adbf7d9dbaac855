-- wrk: each request renews one of a thousand leases.
local counter, thread = 0, 0
function setup(t) t:set("id", thread); thread = thread + 1 end
function request()
  counter = counter + 1
  local body = string.format('{"spec":{"renewTime":"2026-11-23T%02d:%02d:%02d.%06dZ"}}', math.floor(counter / 3600000) % 24,
    math.floor(counter / 60000) % 60, math.floor(counter / 1000) % 60, counter % 1000 * 1000 + id)
  return wrk.format("PATCH", "/apis/coordination.k8s.io/v1/namespaces/load/leases/lease-" .. (counter % 1000), nil, body)
end
