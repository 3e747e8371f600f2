package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"time"
)

// download makes the file path of size bytes with the hash etag from an
// address. What arrives is kept in path+".incomplete", where a later call
// goes on.
func (c *Client) download(ctx context.Context, address, path, name, etag string, size int64) error {
	partial := path + ".incomplete"
	f, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	defer f.Close() // of a file that was synced, or is not used
	err = c.retry(ctx, func() (bool, error) {
		have, err := f.Seek(0, io.SeekEnd)
		if err != nil {
			return false, fmt.Errorf("hub: %w", err)
		}
		if have > size { // of something else
			if have, err = 0, restart(f); err != nil {
				return false, err
			}
		}
		if have == size {
			return false, nil
		}
		now, err := c.transfer(ctx, f, address, name, have, size)
		return now > have, err
	})
	if err != nil {
		return err
	}
	got, err := contentHash(f, etag, size)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	if got != etag {
		err := fmt.Errorf("%w: %s has the checksum %s, not %s: try again", errDamaged, name, got, etag)
		return errors.Join(err, os.Remove(partial))
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("hub: saving %s: %w", name, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("hub: saving %s: %w", name, err)
	}
	if err := os.Rename(partial, path); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return nil
}

// transfer appends the bytes from have on to f and returns how many f has
// then.
func (c *Client) transfer(ctx context.Context, f *os.File, address, name string, have, size int64) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := c.stall
	if stall == 0 {
		stall = time.Minute
	}
	errStalled := fmt.Errorf("nothing came for %v", stall)
	watchdog := time.AfterFunc(stall, func() { cancel(errStalled) })
	defer watchdog.Stop()

	header := http.Header{}
	if have > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	resp, err := c.request(ctx, c.client(), http.MethodGet, address, name, header)
	if err != nil {
		if context.Cause(ctx) == errStalled {
			err = transient{err: fmt.Errorf("hub: the transfer of %s stopped: %w", name, errStalled)}
		}
		return have, err
	}
	defer resp.Body.Close()
	total := resp.ContentLength
	switch {
	case resp.StatusCode == http.StatusPartialContent && have > 0:
		var from, to int64
		if n, _ := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &total); n != 3 || from != have {
			total = -1
			resp.StatusCode = http.StatusRequestedRangeNotSatisfiable
		}
	case resp.StatusCode == http.StatusOK && have > 0: // the server knows no ranges
		if have, err = 0, restart(f); err != nil {
			return 0, err
		}
	}
	if resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		if err := restart(f); err != nil {
			return 0, err
		}
		return 0, transient{err: fmt.Errorf("hub: the transfer of %s cannot be continued", name)}
	}
	if total >= 0 && total != size {
		return have, fmt.Errorf("%w: %s has %d bytes where the hub says %d", errDamaged, name, total, size)
	}
	body := io.LimitReader(resp.Body, size-have+1)
	buf := make([]byte, 256<<10)
	for {
		n, err := body.Read(buf)
		watchdog.Reset(stall)
		if have+int64(n) > size {
			return have, fmt.Errorf("%w: %s is longer than the %d bytes that the hub says", errDamaged, name, size)
		}
		if _, err := f.Write(buf[:n]); err != nil {
			return have, fmt.Errorf("hub: saving %s: %w", name, err)
		}
		if have += int64(n); c.Progress != nil && n > 0 {
			c.Progress(name, have, size)
		}
		switch {
		case err == io.EOF && have == size:
			return have, nil
		case err == io.EOF:
			return have, transient{err: fmt.Errorf("hub: the transfer of %s was cut after %d of %d bytes", name, have, size)}
		case err != nil:
			if cause := context.Cause(ctx); cause != nil && cause != errStalled {
				return have, cause
			}
			return have, transient{err: fmt.Errorf("hub: the transfer of %s was cut after %d of %d bytes: %w", name, have, size, err)}
		}
	}
}

func restart(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return nil
}

// contentHash hashes f as the hub hashed for etag: by SHA-256 what is in its
// large file storage, by Git's SHA-1 of a blob what is in Git.
func contentHash(f *os.File, etag string, size int64) (string, error) {
	var h hash.Hash
	if len(etag) == 64 {
		h = sha256.New()
	} else {
		h = sha1.New()
		fmt.Fprintf(h, "blob %d\x00", size)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
