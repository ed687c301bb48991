// Memory of the native library behind a Java object, freed by close, or after the object is gone.
//
// Not java.lang.ref.Cleaner: Android has that since 13 only, and it costs a thread. What was never
// closed is freed when the next handle is made, so leaks do not add up. Invariant: memory is freed
// once, and never while a caller that locks the handle is at work.

package dev.tonegate;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/** The address of native memory; synchronize on it around each use. */
final class Handle extends PhantomReference<Object> {
    private static final ReferenceQueue<Object> GONE = new ReferenceQueue<>();

    /** A reference that is itself unreachable is never queued. */
    private static final Set<Handle> HELD = ConcurrentHashMap.newKeySet();

    private final LongConsumer release;
    private long address;

    Handle(Object owner, long address, LongConsumer release) {
        super(owner, GONE);
        this.address = address;
        this.release = release;
        HELD.add(this);
        for (Reference<?> gone = GONE.poll(); gone != null; gone = GONE.poll()) {
            ((Handle) gone).free();
        }
    }

    /** 0 once it is freed, which the native library refuses with an IllegalStateException. */
    long address() {
        return address;
    }

    /** Frees the memory; once is enough, twice does no harm. */
    synchronized void free() {
        long last = address;
        address = 0;
        HELD.remove(this);
        if (last != 0) {
            release.accept(last);
        }
    }
}
