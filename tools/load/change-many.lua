-- wrk: each request changes a label and an annotation of the next pod of many, in a fixed order that jumps about.
local counter, many = tonumber(os.getenv("FROM") or "0"), tonumber(os.getenv("MANY") or "100000")
function request()
  counter = counter + 1
  local number = (counter * 7919) % many
  local body = '{"metadata":{"labels":{"round":"' .. (counter % 977) .. '"},"annotations":{"counter":"' .. counter .. '"}}}'
  return wrk.format("PATCH", "/api/v1/namespaces/many-" .. (number % 100) .. "/pods/p-" .. number, nil, body)
end
