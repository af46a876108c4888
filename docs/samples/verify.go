package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

func isGenuine(body []byte, signature string) bool {
	secret := os.Getenv("DGSPAY_WEBHOOK_SECRET")
	given, err := hex.DecodeString(signature)
	// Without a secret nothing may pass: anybody can sign with an empty key.
	if err != nil || secret == "" {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hmac.Equal(given, mac.Sum(nil))
}

// To try it: go run verify.go SIGNATURE < body
func main() {
	body, err := io.ReadAll(os.Stdin)
	if err == nil && len(os.Args) > 1 && isGenuine(body, os.Args[1]) {
		fmt.Println("genuine")
		return
	}
	fmt.Println("forged")
	os.Exit(1)
}
