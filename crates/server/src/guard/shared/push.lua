-- Takes signatures over that a node accepted by itself, and says of each what was known of it.
-- KEYS[1]: a hash of signatures. ARGV: seconds to keep it, the node, the signatures with their apps.
-- Answers with a letter each: N new, M this node's already, X another node's.
local minute, keep, node, answers = KEYS[1], ARGV[1], ARGV[2], {}
for i = 3, #ARGV do
  if redis.call('HSETNX', minute, ARGV[i], node) == 1 then
    answers[i - 2] = 'N'
  elseif redis.call('HGET', minute, ARGV[i]) == node then
    answers[i - 2] = 'M'
  else
    answers[i - 2] = 'X'
  end
end
redis.call('EXPIRE', minute, keep, 'NX')
return table.concat(answers)
