package hub

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Kinds of errors.
var (
	errOffline  = errors.New("hub: the network is off (HF_HUB_OFFLINE)")
	errNotFound = errors.New("hub: not found")
	errDenied   = errors.New("hub: access denied")
	errDamaged  = errors.New("hub: download is damaged")
)

// Client says where things are. The zero of each field but Endpoint and Cache
// will do.
type Client struct {
	Endpoint string // "https://huggingface.co"
	Cache    string // the folder of models--ORG--NAME
	Data     string // the folder for data sets as text files
	Token    string // or ""
	Offline  bool   // never touch the network
	// Progress, if not nil, is called as a file's bytes arrive.
	Progress func(file string, done, total int64)

	patience time.Duration // the first wait before another try; doubled each time
	stall    time.Duration // a transfer without a byte for so long is cut
	http     *http.Client
}

// FromEnv returns the client that the environment asks for, by the variables
// that the Python libraries read: HF_ENDPOINT, HF_HUB_CACHE, HF_HOME,
// XDG_CACHE_HOME, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE.
func FromEnv() (*Client, error) {
	home := os.Getenv("HF_HOME")
	if home == "" {
		base := os.Getenv("XDG_CACHE_HOME")
		if base == "" {
			user, err := os.UserHomeDir()
			if err != nil {
				return nil, fmt.Errorf("hub: no place for a cache: %w", err)
			}
			base = filepath.Join(user, ".cache")
		}
		home = filepath.Join(base, "huggingface")
	}
	c := &Client{
		Endpoint: strings.TrimRight(first(os.Getenv("HF_ENDPOINT"), "https://huggingface.co"), "/"),
		Cache:    first(os.Getenv("HF_HUB_CACHE"), os.Getenv("HUGGINGFACE_HUB_CACHE"), filepath.Join(home, "hub")),
		Data:     filepath.Join(home, "sparsellm"),
		Token:    strings.TrimSpace(os.Getenv("HF_TOKEN")),
		Offline:  slices.Contains([]string{"1", "ON", "YES", "TRUE"}, strings.ToUpper(os.Getenv("HF_HUB_OFFLINE"))),
	}
	if u, err := url.Parse(c.Endpoint); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("hub: HF_ENDPOINT %q is no http address", c.Endpoint)
	}
	if c.Token == "" {
		b, err := os.ReadFile(first(os.Getenv("HF_TOKEN_PATH"), filepath.Join(home, "token")))
		if err == nil { // without one, what is public is open all the same
			c.Token = strings.TrimSpace(string(b))
		}
	}
	return c, nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$`)

// IsID says whether s has the form of a repository's name, ORG/NAME.
func IsID(s string) bool {
	return idPattern.MatchString(s) && !strings.Contains(s, "--") && !strings.Contains(s, "..") &&
		!strings.HasSuffix(s, ".git")
}

// client returns the HTTP client. It lets the token go to no other host and
// the transfer to no unencrypted one.
func (c *Client) client() *http.Client {
	if c.http == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = 30 * time.Second
		c.http = &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
			switch {
			case len(via) >= 10:
				return errors.New("more than 10 redirects")
			case via[0].URL.Scheme == "https" && r.URL.Scheme != "https":
				return errors.New("redirect to an unencrypted address")
			case r.URL.Host != via[0].URL.Host:
				r.Header.Del("Authorization")
			}
			return nil
		}}
	}
	return c.http
}
