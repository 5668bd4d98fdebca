"""Scenarios: business cases written as files, replayed through the operations and compared.

`reading` turns a file into typed values and names what is wrong with it by line and key; `words`
are those values; `stage` is what stands before a scenario begins; `setting` and `verbs` are what
can happen in one; `seeing` reads what came out; `comparing` tells the difference; `playing` puts
it together; `writing` prints it; `throwaway` is the database on which it happens.
"""
