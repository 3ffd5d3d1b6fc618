import CAllocationCount

/// How often `body` allocates memory, on this thread.
func allocations(in body: () throws -> Void) rethrows -> UInt64 {
  let before = allocation_count()
  try body()
  return allocation_count() - before
}
