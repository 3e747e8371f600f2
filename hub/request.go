package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// transient is a fault that another try may not meet.
type transient struct {
	err   error
	after time.Duration // what the server asks to wait, or 0
}

func (t transient) Error() string { return t.err.Error() }
func (t transient) Unwrap() error { return t.err }

const (
	tries   = 6
	maxWait = 2 * time.Minute
)

// retry calls f until it succeeds, fails for good, or has failed tries times
// in a row without progress.
func (c *Client) retry(ctx context.Context, f func() (progress bool, err error)) error {
	wait := c.patience
	if wait == 0 {
		wait = time.Second
	}
	first := wait
	for n := 1; ; n++ {
		progress, err := f()
		var t transient
		if !errors.As(err, &t) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if progress {
			n, wait = 1, first
		}
		if n == tries || t.after > maxWait {
			return t.err
		}
		timer := time.NewTimer(max(wait, t.after))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		wait *= 2
	}
}

// request sends a request to the endpoint and answers for what went wrong, in a
// sentence about what.
func (c *Client) request(ctx context.Context, client *http.Client, method, address, what string, header http.Header) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	for k, v := range header {
		r.Header[k] = v
	}
	r.Header.Set("User-Agent", "sparsellm")
	r.Header.Set("Accept-Encoding", "identity") // lengths are of what is stored
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	resp, err := client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, transient{err: fmt.Errorf("hub: %s cannot be reached for %s: %w", c.Endpoint, what, err)}
	}
	if resp.StatusCode < 400 || resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return resp, nil
	}
	resp.Body.Close()
	return nil, c.refusal(resp, what)
}

func (c *Client) refusal(resp *http.Response, what string) error {
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized && c.Token == "":
		return fmt.Errorf("%w: %s does not exist or needs a login: check the name, or set HF_TOKEN", errDenied, what)
	case code == http.StatusUnauthorized:
		return fmt.Errorf("%w: %s does not exist or the token in HF_TOKEN may not read it", errDenied, what)
	case code == http.StatusForbidden:
		return fmt.Errorf("%w: %s is only for those who were granted access: ask for it on its page and set HF_TOKEN", errDenied, what)
	case code == http.StatusNotFound:
		return fmt.Errorf("%w: %s is not on %s", errNotFound, what, c.Endpoint)
	case code == http.StatusTooManyRequests || code >= 500:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		err := fmt.Errorf("hub: %s answers %q for %s", c.Endpoint, resp.Status, what)
		return transient{err, time.Duration(min(max(seconds, 0), 1<<20)) * time.Second}
	default:
		return fmt.Errorf("hub: %s answers %q for %s", c.Endpoint, resp.Status, what)
	}
}

// listing asks for a revision's commit and the names of its files.
func (c *Client) listing(ctx context.Context, r repo) (commit string, names []string, err error) {
	address := c.Endpoint + "/api/" + r.kind + "/" + r.id + "/revision/" + url.PathEscape(r.revision)
	var answer struct {
		SHA      string `json:"sha"`
		Siblings []struct {
			Name string `json:"rfilename"`
		} `json:"siblings"`
	}
	err = c.retry(ctx, func() (bool, error) {
		resp, err := c.request(ctx, c.client(), http.MethodGet, address, r.id, nil)
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		const limit = 64 << 20 // a listing of a million files
		err = json.NewDecoder(io.LimitReader(resp.Body, limit)).Decode(&answer)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return false, transient{err: fmt.Errorf("hub: the listing of %s was cut", r.id)}
		}
		if err != nil {
			return false, fmt.Errorf("hub: the listing of %s is damaged: %w", r.id, err)
		}
		return false, nil
	})
	if err != nil {
		return "", nil, err
	}
	if !isHash(answer.SHA, 40) {
		return "", nil, fmt.Errorf("hub: the listing of %s names no commit", r.id)
	}
	for _, s := range answer.Siblings {
		names = append(names, s.Name)
	}
	return answer.SHA, names, nil
}

// metadata asks for a file's hash (SHA-256, or Git's SHA-1 of a blob) and
// length. The hub gives them with the redirect to where the content is, so
// redirects to other hosts are not followed.
func (c *Client) metadata(ctx context.Context, address, what string) (etag string, size int64, err error) {
	client := *c.client()
	client.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if r.URL.Host != via[0].URL.Host || len(via) >= 10 {
			return http.ErrUseLastResponse
		}
		return nil
	}
	err = c.retry(ctx, func() (bool, error) {
		resp, err := c.request(ctx, &client, http.MethodHead, address, what, nil)
		if err != nil {
			return false, err
		}
		resp.Body.Close()
		h := resp.Header
		tag, length := h.Get("X-Linked-Etag"), h.Get("X-Linked-Size")
		if resp.StatusCode == http.StatusOK { // not a redirect, whose own length is another
			tag, length = first(tag, h.Get("Etag")), first(length, h.Get("Content-Length"))
		}
		etag = strings.Trim(strings.TrimPrefix(tag, "W/"), `"`)
		if !isHash(etag, 40) && !isHash(etag, 64) {
			return false, fmt.Errorf("hub: %s gives no checksum of %s", c.Endpoint, what)
		}
		size, err = strconv.ParseInt(length, 10, 64)
		if err != nil || size < 0 {
			return false, fmt.Errorf("hub: %s gives no length of %s", c.Endpoint, what)
		}
		return false, nil
	})
	return etag, size, err
}

// isHash says whether s is n lower-case hexadecimal digits.
func isHash(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
