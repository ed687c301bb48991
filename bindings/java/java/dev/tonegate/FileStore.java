// A session's bytes in a file that is whole at every moment.
//
// What is new is written beside the file and moved over it, so a crash at any moment leaves the old
// or the new. Only its owner can read it, where the file system knows owners.

package dev.tonegate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Keeps a session's bytes in a file, for one process at a time. */
public final class FileStore implements Store {
    /** More than a session ever saves; a longer file is none of ours. */
    private static final int BYTES_MAX = 4_096;

    private final Path file;
    private final Path next;

    /**
     * A store in a file, which need not be there yet; its folder must be.
     *
     * @param file the app's own, such as {@code license.bin} in its data folder
     */
    public FileStore(Path file) {
        this.file = file.toAbsolutePath();
        this.next = this.file.resolveSibling(this.file.getFileName() + ".new");
    }

    @Override
    public byte[] load() throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return Bounded.read(in, BYTES_MAX);
        } catch (NoSuchFileException none) {
            return new byte[0];
        }
    }

    @Override
    public void save(byte[] bytes) throws IOException {
        // A file left by a crash may have been made by somebody else's rules.
        Files.deleteIfExists(next);
        Set<StandardOpenOption> options =
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel channel = FileChannel.open(next, options, ownersOnly())) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static FileAttribute<?>[] ownersOnly() {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            return new FileAttribute<?>[0];
        }
        return new FileAttribute<?>[] {
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        };
    }
}
