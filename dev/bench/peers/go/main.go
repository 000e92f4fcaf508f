// The Go SDK's server of Streamable HTTP without sessions, behind the SDK's bearer middleware: `server FILE GRAPH`. Prints its
// address and the token that it accepts.
//
// FILE has the tools that are listed; a call asks GRAPH for the user.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

const (
	issuer   = "http://127.0.0.1"
	audience = "http://127.0.0.1/mcp"
	scope    = "user.read"
	metadata = "/.well-known/oauth-protected-resource/mcp"
)

type claims struct {
	Scope string `json:"scope"`
	jwt.RegisteredClaims
}

func main() {
	tools, err := listed(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	server := mcp.NewServer(&mcp.Implementation{Name: "bench", Version: "1.0.0"}, nil)
	ask := asking(os.Args[2])
	for _, tool := range tools {
		server.AddTool(tool, ask)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	key := random(32)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{scope, jwt.RegisteredClaims{
		Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: "bob",
		ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour)),
	}}).SignedString(key)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr(), token)
	log.Fatal(http.Serve(listener, routes(server, key, "http://"+listener.Addr().String())))
}

// routes are those of the SDK's example of a protected server.
func routes(server *mcp.Server, key []byte, base string) http.Handler {
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server },
		&mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	bearer := auth.RequireBearerToken(verifier(key), &auth.RequireBearerTokenOptions{
		ResourceMetadataURL: base + metadata, Scopes: []string{scope},
	})
	mux := http.NewServeMux()
	mux.Handle("/mcp", bearer(handler))
	mux.Handle(metadata, auth.ProtectedResourceMetadataHandler(&oauthex.ProtectedResourceMetadata{
		Resource: base + "/mcp", AuthorizationServers: []string{base}, ScopesSupported: []string{scope},
	}))
	return mux
}

func verifier(key []byte) auth.TokenVerifier {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(issuer), jwt.WithAudience(audience))
	return func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
		var read claims
		if _, err := parser.ParseWithClaims(token, &read, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
			return nil, fmt.Errorf("%w: %v", auth.ErrInvalidToken, err)
		}
		return &auth.TokenInfo{
			Scopes: strings.Fields(read.Scope), Expiration: read.ExpiresAt.Time, UserID: read.Subject,
		}, nil
	}
}

func asking(graph string) mcp.ToolHandler {
	graphToken := base64.RawURLEncoding.EncodeToString(random(512))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	return func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, graph, nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "Bearer "+graphToken)
		answer, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("Graph answered %d: %v", answer.StatusCode, err)
		}
		var user map[string]any
		if err := json.Unmarshal(text, &user); err != nil {
			return nil, err
		}
		user["success"] = true
		shown, err := json.MarshalIndent(user, "", "  ")
		if err != nil {
			return nil, err
		}
		content := []mcp.Content{&mcp.TextContent{Text: string(shown)}}
		return &mcp.CallToolResult{Content: content, StructuredContent: user}, nil
	}
}

// listed reads the tools that the handler listed.
func listed(file string) ([]*mcp.Tool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var answers struct{ List struct{ Body string } }
	if err := json.Unmarshal(text, &answers); err != nil {
		return nil, err
	}
	var list struct{ Result mcp.ListToolsResult }
	err = json.Unmarshal([]byte(answers.List.Body), &list)
	return list.Result.Tools, err
}

func random(size int) []byte {
	bytes := make([]byte, size)
	if _, err := rand.Read(bytes); err != nil {
		log.Fatal(err)
	}
	return bytes
}
